from deploy.samna_scripts import *
