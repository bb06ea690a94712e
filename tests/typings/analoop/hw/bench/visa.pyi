from hw.bench.visa import *
