from models.conversion.conversion import *
