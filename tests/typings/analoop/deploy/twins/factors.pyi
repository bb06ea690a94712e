from deploy.twins.factors import *
