from models.trial_lanes import *
