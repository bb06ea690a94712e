from hw.defects import *
