from models.compiled_shaking import *
