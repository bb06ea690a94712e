from models.conversion.nir_dialects import *
