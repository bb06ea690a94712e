from deploy.cli_record import *
