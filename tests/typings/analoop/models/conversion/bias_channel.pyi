from models.conversion.bias_channel import *
