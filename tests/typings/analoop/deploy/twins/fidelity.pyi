from deploy.twins.fidelity import *
