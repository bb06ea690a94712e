from hw.chip import *
