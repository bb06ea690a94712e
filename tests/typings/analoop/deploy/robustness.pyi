from deploy.robustness import *
