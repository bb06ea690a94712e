from deploy.cli_report import *
