from deploy.cli_machine import *
