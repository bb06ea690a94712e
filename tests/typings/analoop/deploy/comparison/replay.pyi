from deploy.comparison.replay import *
