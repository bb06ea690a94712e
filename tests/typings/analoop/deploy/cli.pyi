from deploy.cli import *
