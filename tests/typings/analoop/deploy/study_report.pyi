from deploy.study_report import *
