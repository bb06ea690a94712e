from deploy.labelled import *
