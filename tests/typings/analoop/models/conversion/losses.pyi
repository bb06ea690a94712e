from models.conversion.losses import *
