from models.chain import *
