from hw.bench.links import *
