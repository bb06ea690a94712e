from deploy.probing import *
