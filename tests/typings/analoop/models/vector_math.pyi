from models.vector_math import *
