from models.learning.bptt_dynamics import *
