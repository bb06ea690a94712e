from hw.simulator import *
