from models.learning.bptt_kernels_back import *
