from deploy.screened_report import *
