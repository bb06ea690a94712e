from deploy.cli_learning import *
