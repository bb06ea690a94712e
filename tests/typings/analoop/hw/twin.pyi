from hw.twin import *
