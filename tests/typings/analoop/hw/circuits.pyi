from hw.circuits import *
