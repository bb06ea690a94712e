from deploy.progress import *
