from hw.board import *
