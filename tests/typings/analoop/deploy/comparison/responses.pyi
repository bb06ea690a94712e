from deploy.comparison.responses import *
