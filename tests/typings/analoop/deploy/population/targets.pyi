from deploy.population.targets import *
