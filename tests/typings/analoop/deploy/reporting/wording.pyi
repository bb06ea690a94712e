from deploy.reporting.wording import *
