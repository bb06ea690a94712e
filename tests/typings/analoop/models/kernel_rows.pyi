from models.kernel_rows import *
