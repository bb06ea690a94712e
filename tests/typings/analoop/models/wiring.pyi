from models.wiring import *
