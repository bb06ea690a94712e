from models.learning.settings import *
