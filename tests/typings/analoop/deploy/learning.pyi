from deploy.learning import *
