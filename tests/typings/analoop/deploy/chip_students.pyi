from deploy.chip_students import *
