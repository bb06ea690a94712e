from models.learning.teacher import *
