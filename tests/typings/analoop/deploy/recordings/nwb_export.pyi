from deploy.recordings.nwb_export import *
