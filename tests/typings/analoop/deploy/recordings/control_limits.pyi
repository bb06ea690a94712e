from deploy.recordings.control_limits import *
