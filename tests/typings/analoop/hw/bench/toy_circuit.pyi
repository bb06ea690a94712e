from hw.bench.toy_circuit import *
