from models.noise import *
