from models.receptive_fields import *
