from hw.samna_process import *
