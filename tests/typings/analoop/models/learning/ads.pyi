from models.learning.ads import *
