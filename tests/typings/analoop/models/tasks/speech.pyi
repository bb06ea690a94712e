from models.tasks.speech import *
