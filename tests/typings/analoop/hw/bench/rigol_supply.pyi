from hw.bench.rigol_supply import *
