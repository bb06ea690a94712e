from deploy.recordings.session import *
