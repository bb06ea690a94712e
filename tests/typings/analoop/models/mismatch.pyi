from models.mismatch import *
