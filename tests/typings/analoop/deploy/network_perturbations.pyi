from deploy.network_perturbations import *
