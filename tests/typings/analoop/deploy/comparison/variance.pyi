from deploy.comparison.variance import *
