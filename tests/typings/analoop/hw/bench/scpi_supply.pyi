from hw.bench.scpi_supply import *
