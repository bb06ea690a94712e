from deploy.network_robustness import *
