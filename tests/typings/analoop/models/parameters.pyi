from models.parameters import *
