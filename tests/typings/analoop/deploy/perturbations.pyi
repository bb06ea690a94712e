from deploy.perturbations import *
