from deploy.tracing import *
