from deploy.pytest_plugin import *
