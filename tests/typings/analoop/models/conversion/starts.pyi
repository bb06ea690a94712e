from models.conversion.starts import *
