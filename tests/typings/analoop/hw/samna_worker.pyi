from hw.samna_worker import *
