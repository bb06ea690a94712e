from models.learning.products import *
