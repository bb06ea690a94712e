from models.training import *
