"""What one core of this machine can do at best: python limits.py, prints a line of JSON.

Measured through torch, whose kernels for these are vectorised, and a loop of our own for adding
to random places in the first-level cache.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from numba import njit

BIG, SMALL = 1 << 24, 1 << 14
"""Elements of an array far beyond the caches, and of one within the second level."""


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


@njit
def scatter(to: np.ndarray, slot: np.ndarray, weight: np.ndarray) -> None:
    """Add weights to random places, as the delivery of an event does."""
    for e in range(slot.size):
        to[slot[e]] += weight[e]


def limits() -> dict[str, float]:
    """Throughputs of one core."""
    torch.set_num_threads(1)
    a, b, c = torch.rand(BIG), torch.rand(BIG), torch.empty(BIG)
    x, y = torch.rand(SMALL), torch.empty(SMALL)
    m, product = torch.rand(1024, 1024), torch.empty(1024, 1024)
    rng = np.random.default_rng(0)
    events = np.zeros(128), rng.integers(0, 128, 1024), rng.random(1024)
    return {
        "triad_gb_s": 12 * BIG / seconds(lambda: torch.add(a, b, alpha=3.0, out=c), 1) / 1e9,
        "divide_g_s": SMALL / seconds(lambda: torch.div(x, x, out=y), 500) / 1e9,
        "gemm_gflop_s": 2 * 1024**3 / seconds(lambda: torch.mm(m, m, out=product), 2) / 1e9,
        "scatter_g_s": 1024 / seconds(lambda: scatter(*events), 5000) / 1e9,
    }


if __name__ == "__main__":
    print(json.dumps({"name": "limits"} | limits()), flush=True)
