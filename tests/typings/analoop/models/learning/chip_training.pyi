from models.learning.chip_training import *
