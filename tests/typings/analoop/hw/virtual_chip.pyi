from hw.virtual_chip import *
