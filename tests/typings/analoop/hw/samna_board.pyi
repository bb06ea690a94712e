from hw.samna_board import *
