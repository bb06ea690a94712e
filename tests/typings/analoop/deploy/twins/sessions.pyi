from deploy.twins.sessions import *
