"""How long a recording of a million events takes to write, and to read with every check.

python benchmarks/recording_load.py
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from analoop.models.recording import Recording

EVENTS, TRIALS, NEURONS = 1_000_000, 400, 256


def recording(seed: int = 0) -> Recording:
    """Random events in trials of a second."""
    rng = np.random.default_rng(seed)
    trial, neuron = rng.integers(0, TRIALS, EVENTS), rng.integers(0, NEURONS, EVENTS)
    time_us = rng.integers(0, 1_000_000, EVENTS)
    order = np.lexsort((neuron, time_us, trial))
    names = tuple(f"neuron {k} of 'random'" for k in range(NEURONS))
    duration_us = np.full(TRIALS, 1_000_000)
    books, board = {"in_window": EVENTS}, {"name": "none", "target": "simulated"}
    parts = trial[order], time_us[order], neuron[order]
    return Recording(names, duration_us, *parts, books, board, {})


def main() -> None:
    """Print seconds, each the best of five."""
    with tempfile.TemporaryDirectory() as folder:
        path, whole = Path(folder) / "r.npz", recording()
        written = min(_seconds(lambda: whole.save(path)) for _ in range(5))
        read = min(_seconds(lambda: Recording.load(path)) for _ in range(5))
        size = path.stat().st_size / 1e6
    print(f"{EVENTS} events, {size:.1f} MB, {os.cpu_count()} processors: "
          f"written in {written:.2f} s, read in {read:.2f} s")  # fmt: skip


def _seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
