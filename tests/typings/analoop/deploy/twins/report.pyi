from deploy.twins.report import *
