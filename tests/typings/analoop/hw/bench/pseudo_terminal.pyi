from hw.bench.pseudo_terminal import *
