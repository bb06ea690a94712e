from models.decision import *
