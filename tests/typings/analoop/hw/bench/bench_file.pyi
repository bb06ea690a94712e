from hw.bench.bench_file import *
