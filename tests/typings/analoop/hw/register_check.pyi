from hw.register_check import *
