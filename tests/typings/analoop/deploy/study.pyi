from deploy.study import *
