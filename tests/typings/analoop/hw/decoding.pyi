from hw.decoding import *
