from models.learning.robust import *
