from deploy.twins.characterization import *
