from deploy.figures import *
