from models.learning.chip import *
