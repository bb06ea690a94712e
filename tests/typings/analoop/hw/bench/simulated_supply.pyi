from hw.bench.simulated_supply import *
