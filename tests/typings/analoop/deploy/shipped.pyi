from deploy.shipped import *
