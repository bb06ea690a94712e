from models.learning.bptt_network import *
