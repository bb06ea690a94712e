from models.chip_layer import *
