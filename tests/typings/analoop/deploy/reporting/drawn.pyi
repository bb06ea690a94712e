from deploy.reporting.drawn import *
