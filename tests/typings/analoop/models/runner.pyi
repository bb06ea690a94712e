from models.runner import *
