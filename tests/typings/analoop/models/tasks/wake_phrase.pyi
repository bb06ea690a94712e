from models.tasks.wake_phrase import *
