from models.learning.force_kernel import *
