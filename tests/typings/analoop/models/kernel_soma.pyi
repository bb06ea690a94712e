from models.kernel_soma import *
