from deploy.recordings.fingerprint import *
