from models.dense_play import *
