from models.rockpool_graph import *
