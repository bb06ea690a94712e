from models.errors import *
