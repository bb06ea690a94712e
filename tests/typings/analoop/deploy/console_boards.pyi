from deploy.console_boards import *
