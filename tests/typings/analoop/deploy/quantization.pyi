from deploy.quantization import *
