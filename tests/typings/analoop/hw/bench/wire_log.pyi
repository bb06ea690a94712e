from hw.bench.wire_log import *
