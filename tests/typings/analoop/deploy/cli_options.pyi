from deploy.cli_options import *
