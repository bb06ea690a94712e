from deploy.probe_plan import *
