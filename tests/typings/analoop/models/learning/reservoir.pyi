from models.learning.reservoir import *
