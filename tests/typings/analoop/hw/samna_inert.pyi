from hw.samna_inert import *
