from hw.samna_queue import *
