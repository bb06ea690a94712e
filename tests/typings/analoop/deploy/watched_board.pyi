from deploy.watched_board import *
