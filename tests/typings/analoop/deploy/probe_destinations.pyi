from deploy.probe_destinations import *
