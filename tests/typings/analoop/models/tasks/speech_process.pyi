from models.tasks.speech_process import *
