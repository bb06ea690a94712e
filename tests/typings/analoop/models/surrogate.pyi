from models.surrogate import *
