from deploy.execution import *
