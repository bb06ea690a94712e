from deploy.population.papers import *
