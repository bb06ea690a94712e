from deploy.probe_images import *
