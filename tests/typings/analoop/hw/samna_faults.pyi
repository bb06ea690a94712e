from hw.samna_faults import *
