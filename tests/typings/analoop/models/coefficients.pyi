from models.coefficients import *
