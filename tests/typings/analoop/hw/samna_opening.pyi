from hw.samna_opening import *
