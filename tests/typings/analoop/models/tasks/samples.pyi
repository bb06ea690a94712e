from models.tasks.samples import *
