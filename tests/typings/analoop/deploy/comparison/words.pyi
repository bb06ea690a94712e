from deploy.comparison.words import *
