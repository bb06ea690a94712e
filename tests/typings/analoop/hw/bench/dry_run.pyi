from hw.bench.dry_run import *
