from deploy.recordings.plan import *
