from deploy.reporting.tables import *
