from deploy.reporting.sources import *
