from deploy.twins.files import *
