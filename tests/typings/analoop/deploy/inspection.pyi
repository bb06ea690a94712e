from deploy.inspection import *
