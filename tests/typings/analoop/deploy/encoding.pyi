from deploy.encoding import *
