from hw.bench.scpi_machine import *
