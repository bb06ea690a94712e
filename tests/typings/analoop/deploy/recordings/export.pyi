from deploy.recordings.export import *
