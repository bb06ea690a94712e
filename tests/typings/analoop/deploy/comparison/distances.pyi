from deploy.comparison.distances import *
