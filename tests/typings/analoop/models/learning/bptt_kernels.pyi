from models.learning.bptt_kernels import *
