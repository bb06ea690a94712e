from deploy.population.settings import *
