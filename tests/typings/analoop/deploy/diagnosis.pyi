from deploy.diagnosis import *
