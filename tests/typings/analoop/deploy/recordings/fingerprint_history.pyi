from deploy.recordings.fingerprint_history import *
