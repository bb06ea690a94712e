from models.mismatch_table import *
