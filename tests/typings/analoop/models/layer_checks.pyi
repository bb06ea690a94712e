from models.layer_checks import *
