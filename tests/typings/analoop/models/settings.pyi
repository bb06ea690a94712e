from models.settings import *
