from models.omega import *
