from models.compiled import *
