"""What one core of this machine can do at best: python limits.py, prints a line of JSON.

Measured through torch, whose kernels for these five are vectorised and within reach of the limit.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import torch

BIG, SMALL = 1 << 24, 1 << 14
"""Elements of a float32 array far beyond the caches, and of one within the first level's reach."""


def seconds(call: Callable[[], object], inner: int, repetitions: int = 7) -> float:
    """Median CPU seconds of one call, from `repetitions` groups of `inner`."""
    call()
    groups = []
    for _ in range(repetitions):
        start = time.process_time()
        for _ in range(inner):
            call()
        groups.append((time.process_time() - start) / inner)
    return statistics.median(groups)


def limits() -> dict[str, float]:
    """Throughputs of one core."""
    torch.set_num_threads(1)
    a, b, c = torch.rand(BIG), torch.rand(BIG), torch.empty(BIG)
    x, y = torch.rand(SMALL), torch.empty(SMALL)
    m, product = torch.rand(1024, 1024), torch.empty(1024, 1024)
    return {
        "triad_gb_s": 12 * BIG / seconds(lambda: torch.add(a, b, alpha=3.0, out=c), 1) / 1e9,
        "exp_g_s": SMALL / seconds(lambda: torch.exp(x, out=y), 500) / 1e9,
        "log_g_s": SMALL / seconds(lambda: torch.log(x, out=y), 500) / 1e9,
        "divide_g_s": SMALL / seconds(lambda: torch.div(x, x, out=y), 500) / 1e9,
        "gemm_gflop_s": 2 * 1024**3 / seconds(lambda: torch.mm(m, m, out=product), 2) / 1e9,
    }


if __name__ == "__main__":
    print(json.dumps({"name": "limits"} | limits()), flush=True)
