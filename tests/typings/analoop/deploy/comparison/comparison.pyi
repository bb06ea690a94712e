from deploy.comparison.comparison import *
