from models.descent import *
