from models.coefficient_rows import *
