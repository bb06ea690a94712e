from deploy import *
