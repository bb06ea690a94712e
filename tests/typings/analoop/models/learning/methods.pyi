from models.learning.methods import *
