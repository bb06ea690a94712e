from deploy.console_record import *
