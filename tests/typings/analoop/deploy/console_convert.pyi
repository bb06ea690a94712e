from deploy.console_convert import *
