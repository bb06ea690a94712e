from models.tasks.synth_snips import *
