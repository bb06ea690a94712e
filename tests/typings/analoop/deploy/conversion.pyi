from deploy.conversion import *
