from deploy.population.rows import *
