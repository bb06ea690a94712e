from models.plasticity import *
