from models.gpu_sheet import *
