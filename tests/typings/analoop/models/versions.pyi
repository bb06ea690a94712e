from models.versions import *
