from deploy.console_twin import *
