from deploy.console_compare import *
