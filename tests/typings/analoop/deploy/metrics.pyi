from deploy.metrics import *
