from hw.bench.scpi_thermometer import *
