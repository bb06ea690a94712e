from models.rockpool_euler_kernel import *
