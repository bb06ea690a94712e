from models.simulation import *
