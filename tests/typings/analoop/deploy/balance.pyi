from deploy.balance import *
