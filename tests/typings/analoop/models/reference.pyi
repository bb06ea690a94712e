from models.reference import *
