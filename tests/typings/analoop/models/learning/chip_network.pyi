from models.learning.chip_network import *
