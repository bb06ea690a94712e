from models.learning.imitation import *
