from hw.samna_clock import *
