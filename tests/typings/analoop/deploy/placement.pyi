from deploy.placement import *
