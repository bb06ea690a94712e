from hw.bench.ports import *
