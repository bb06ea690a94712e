from models.gpu import *
