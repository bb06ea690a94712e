from hw.bench.transport import *
