from hw.snapshot import *
