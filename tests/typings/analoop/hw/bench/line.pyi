from hw.bench.line import *
