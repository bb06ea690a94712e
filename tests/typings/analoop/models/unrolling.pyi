from models.unrolling import *
