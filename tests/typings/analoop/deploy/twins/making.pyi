from deploy.twins.making import *
