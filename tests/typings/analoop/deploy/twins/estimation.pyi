from deploy.twins.estimation import *
