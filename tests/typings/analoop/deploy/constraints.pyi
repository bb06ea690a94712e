from deploy.constraints import *
