from models.learning.attack import *
