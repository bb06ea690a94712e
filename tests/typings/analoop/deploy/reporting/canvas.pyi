from deploy.reporting.canvas import *
