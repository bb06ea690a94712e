from deploy.routing_check import *
