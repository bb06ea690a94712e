from models.adjoint import *
