from deploy.reporting.control import *
