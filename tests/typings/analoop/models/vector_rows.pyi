from models.vector_rows import *
