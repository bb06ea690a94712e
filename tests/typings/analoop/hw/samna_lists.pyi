from hw.samna_lists import *
