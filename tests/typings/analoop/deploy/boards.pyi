from deploy.boards import *
