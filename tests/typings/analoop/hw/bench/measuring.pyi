from hw.bench.measuring import *
