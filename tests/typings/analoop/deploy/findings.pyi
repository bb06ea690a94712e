from deploy.findings import *
