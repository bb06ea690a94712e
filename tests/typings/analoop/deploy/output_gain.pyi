from deploy.output_gain import *
