from deploy.study_command import *
