from hw.bench.simulated_meter import *
