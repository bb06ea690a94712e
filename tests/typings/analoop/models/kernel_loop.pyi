from models.kernel_loop import *
