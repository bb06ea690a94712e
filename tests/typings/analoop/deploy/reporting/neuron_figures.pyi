from deploy.reporting.neuron_figures import *
