from models.bookmark import *
