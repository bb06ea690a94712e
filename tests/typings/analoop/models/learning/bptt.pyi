from models.learning.bptt import *
