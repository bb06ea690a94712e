from deploy.reporting.shapes import *
