from deploy.comparison.outcome import *
