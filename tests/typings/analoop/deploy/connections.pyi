from deploy.connections import *
