from deploy.reporting.figures import *
