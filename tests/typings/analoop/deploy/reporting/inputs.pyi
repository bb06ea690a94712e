from deploy.reporting.inputs import *
