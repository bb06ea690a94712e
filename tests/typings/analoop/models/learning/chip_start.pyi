from models.learning.chip_start import *
