from deploy.comparison.deviations import *
