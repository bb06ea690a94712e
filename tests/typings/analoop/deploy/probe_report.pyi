from deploy.probe_report import *
