from models.network import *
