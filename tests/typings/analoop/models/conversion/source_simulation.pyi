from models.conversion.source_simulation import *
