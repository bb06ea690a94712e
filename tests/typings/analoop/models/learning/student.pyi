from models.learning.student import *
