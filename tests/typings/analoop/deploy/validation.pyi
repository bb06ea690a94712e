from deploy.validation import *
