from models.conversion.sheets import *
