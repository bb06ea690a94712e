from hw.samna_link import *
