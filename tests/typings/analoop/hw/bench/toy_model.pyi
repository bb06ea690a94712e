from hw.bench.toy_model import *
