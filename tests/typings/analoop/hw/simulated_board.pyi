from hw.simulated_board import *
