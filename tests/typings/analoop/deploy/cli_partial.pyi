from deploy.cli_partial import *
