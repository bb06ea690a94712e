from deploy.comparison.alignment import *
