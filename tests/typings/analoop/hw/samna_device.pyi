from hw.samna_device import *
