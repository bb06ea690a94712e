from deploy.comparison.findings import *
