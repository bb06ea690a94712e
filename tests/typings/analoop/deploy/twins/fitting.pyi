from deploy.twins.fitting import *
