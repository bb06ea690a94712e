from deploy.comparison.counts import *
