from models.kernel import *
