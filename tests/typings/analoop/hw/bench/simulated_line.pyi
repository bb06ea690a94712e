from hw.bench.simulated_line import *
