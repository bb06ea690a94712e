from hw.sensing import *
