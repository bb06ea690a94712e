from deploy.console_bench import *
