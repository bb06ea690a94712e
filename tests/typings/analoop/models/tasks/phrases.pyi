from models.tasks.phrases import *
