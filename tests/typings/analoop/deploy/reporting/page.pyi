from deploy.reporting.page import *
