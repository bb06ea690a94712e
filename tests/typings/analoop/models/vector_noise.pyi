from models.vector_noise import *
