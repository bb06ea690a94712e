from models.conversion.rockpool_source import *
