from hw.bench.patience import *
