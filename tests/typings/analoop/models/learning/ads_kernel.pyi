from models.learning.ads_kernel import *
