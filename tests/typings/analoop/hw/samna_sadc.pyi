from hw.samna_sadc import *
