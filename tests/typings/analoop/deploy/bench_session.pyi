from deploy.bench_session import *
