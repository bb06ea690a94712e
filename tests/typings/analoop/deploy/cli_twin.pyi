from deploy.cli_twin import *
