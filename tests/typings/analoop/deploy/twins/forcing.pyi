from deploy.twins.forcing import *
