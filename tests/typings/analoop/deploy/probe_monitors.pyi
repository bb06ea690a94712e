from deploy.probe_monitors import *
