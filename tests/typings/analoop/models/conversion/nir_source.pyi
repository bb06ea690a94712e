from models.conversion.nir_source import *
