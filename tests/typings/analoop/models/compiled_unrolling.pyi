from models.compiled_unrolling import *
