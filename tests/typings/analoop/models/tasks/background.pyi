from models.tasks.background import *
