from hw.bench.link import *
