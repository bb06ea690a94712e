from models.conversion.source import *
