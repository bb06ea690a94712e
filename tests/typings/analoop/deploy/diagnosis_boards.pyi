from deploy.diagnosis_boards import *
