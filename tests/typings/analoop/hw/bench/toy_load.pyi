from hw.bench.toy_load import *
