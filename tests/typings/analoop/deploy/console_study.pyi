from deploy.console_study import *
