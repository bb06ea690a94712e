from deploy.comparison.gains import *
