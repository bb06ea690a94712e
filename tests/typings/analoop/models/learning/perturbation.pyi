from models.learning.perturbation import *
