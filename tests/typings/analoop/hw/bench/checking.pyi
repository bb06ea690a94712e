from hw.bench.checking import *
