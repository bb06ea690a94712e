from deploy.board_check import *
