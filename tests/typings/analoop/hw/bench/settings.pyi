from hw.bench.settings import *
