from models.partial_recording import *
