from models.adjoint_back import *
