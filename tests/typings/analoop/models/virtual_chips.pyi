from models.virtual_chips import *
