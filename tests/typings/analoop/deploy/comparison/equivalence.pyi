from deploy.comparison.equivalence import *
