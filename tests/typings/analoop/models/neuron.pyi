from models.neuron import *
