from hw.bench.instruments import *
