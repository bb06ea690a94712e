from deploy.training import *
