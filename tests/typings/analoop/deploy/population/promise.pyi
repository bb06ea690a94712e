from deploy.population.promise import *
