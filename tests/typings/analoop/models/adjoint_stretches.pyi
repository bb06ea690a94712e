from models.adjoint_stretches import *
