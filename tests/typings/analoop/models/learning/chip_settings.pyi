from models.learning.chip_settings import *
