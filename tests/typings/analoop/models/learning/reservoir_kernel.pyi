from models.learning.reservoir_kernel import *
