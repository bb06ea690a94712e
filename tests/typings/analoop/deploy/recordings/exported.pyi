from deploy.recordings.exported import *
