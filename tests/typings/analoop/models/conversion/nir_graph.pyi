from models.conversion.nir_graph import *
