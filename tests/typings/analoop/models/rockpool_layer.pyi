from models.rockpool_layer import *
