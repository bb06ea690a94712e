from deploy.demonstration import *
