from hw.samna_fpga import *
