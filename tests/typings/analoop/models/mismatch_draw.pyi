from models.mismatch_draw import *
