from deploy.cli_screen import *
