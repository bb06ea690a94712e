from deploy.recordings.spike_table import *
