from hw.bench.bench import *
