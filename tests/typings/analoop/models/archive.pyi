from models.archive import *
