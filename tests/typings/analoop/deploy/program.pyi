from deploy.program import *
