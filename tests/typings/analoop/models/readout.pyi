from models.readout import *
