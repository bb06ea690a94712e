from deploy.cli_run import *
