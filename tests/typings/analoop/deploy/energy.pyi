from deploy.energy import *
