from deploy.console import *
