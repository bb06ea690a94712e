from deploy.screened_routing import *
