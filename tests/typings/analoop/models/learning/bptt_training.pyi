from models.learning.bptt_training import *
