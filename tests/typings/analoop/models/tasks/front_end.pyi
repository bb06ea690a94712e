from models.tasks.front_end import *
