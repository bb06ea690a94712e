from deploy.surroundings import *
