from models.conversion.fidelity import *
