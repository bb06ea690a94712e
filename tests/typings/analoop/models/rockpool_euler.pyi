from models.rockpool_euler import *
