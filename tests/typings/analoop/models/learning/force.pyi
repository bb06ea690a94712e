from models.learning.force import *
