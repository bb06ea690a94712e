from models.from_rockpool import *
