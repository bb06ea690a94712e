from hw.fleet import *
