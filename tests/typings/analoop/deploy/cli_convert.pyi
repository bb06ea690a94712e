from deploy.cli_convert import *
