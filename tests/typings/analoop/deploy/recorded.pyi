from deploy.recorded import *
