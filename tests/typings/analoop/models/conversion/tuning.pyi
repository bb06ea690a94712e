from models.conversion.tuning import *
