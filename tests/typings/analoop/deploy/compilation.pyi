from deploy.compilation import *
