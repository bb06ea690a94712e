from models.recording import *
