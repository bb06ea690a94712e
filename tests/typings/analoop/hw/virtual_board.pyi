from hw.virtual_board import *
