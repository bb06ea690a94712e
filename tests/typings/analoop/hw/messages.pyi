from hw.messages import *
