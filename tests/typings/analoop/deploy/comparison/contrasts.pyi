from deploy.comparison.contrasts import *
