from deploy.study_training import *
