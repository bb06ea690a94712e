from deploy.population.sequential import *
