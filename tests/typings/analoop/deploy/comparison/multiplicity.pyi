from deploy.comparison.multiplicity import *
