from deploy.twins.truth import *
