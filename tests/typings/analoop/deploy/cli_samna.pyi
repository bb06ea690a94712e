from deploy.cli_samna import *
