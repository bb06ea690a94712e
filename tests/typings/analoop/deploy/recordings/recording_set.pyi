from deploy.recordings.recording_set import *
