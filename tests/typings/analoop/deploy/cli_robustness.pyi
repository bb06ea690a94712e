from deploy.cli_robustness import *
