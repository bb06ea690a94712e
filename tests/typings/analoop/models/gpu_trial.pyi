from models.gpu_trial import *
