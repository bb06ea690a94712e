from hw.bench.replies import *
