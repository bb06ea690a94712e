from deploy.cli_compare import *
