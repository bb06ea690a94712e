from deploy.comparison.awake import *
