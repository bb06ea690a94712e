from models.mismatch_alternatives import *
