from deploy.probe_synapses import *
