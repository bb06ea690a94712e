from deploy.recovery import *
