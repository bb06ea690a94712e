from deploy.reporting.boards import *
