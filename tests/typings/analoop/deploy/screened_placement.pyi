from deploy.screened_placement import *
