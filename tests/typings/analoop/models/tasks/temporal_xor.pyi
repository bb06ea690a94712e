from models.tasks.temporal_xor import *
