from models.learning.spike_encoding import *
