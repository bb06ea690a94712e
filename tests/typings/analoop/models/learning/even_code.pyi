from models.learning.even_code import *
