from hw.bench.simulated_bench import *
