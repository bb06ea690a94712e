from deploy.routing import *
