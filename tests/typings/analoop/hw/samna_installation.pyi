from hw.samna_installation import *
