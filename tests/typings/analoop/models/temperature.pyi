from models.temperature import *
