from hw.samna_model import *
