from deploy.recordings.set_files import *
