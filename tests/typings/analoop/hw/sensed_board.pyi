from hw.sensed_board import *
