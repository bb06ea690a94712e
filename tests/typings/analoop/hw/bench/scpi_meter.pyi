from hw.bench.scpi_meter import *
