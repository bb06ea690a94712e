from models.vector_omega import *
