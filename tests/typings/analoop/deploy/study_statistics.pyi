from deploy.study_statistics import *
