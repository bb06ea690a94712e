from models.mismatch_measured import *
