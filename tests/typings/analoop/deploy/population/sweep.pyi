from deploy.population.sweep import *
