from models.learning.rate_dynamics import *
