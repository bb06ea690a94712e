from hw.bench.power import *
