from deploy.study_files import *
