from models.conversion.matching import *
