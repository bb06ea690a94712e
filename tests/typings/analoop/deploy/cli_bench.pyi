from deploy.cli_bench import *
