from models.fast import *
