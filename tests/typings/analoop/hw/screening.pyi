from hw.screening import *
