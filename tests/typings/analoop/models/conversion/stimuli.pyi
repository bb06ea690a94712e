from models.conversion.stimuli import *
