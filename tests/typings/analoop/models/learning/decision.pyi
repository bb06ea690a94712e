from models.learning.decision import *
