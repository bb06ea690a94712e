from deploy.cli_validate import *
