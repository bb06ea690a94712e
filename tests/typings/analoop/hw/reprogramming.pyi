from hw.reprogramming import *
