"""Time one case in a process of its own and print it as one line of JSON."""

from __future__ import annotations

import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True)
class Work:
    """How much one call does."""

    name: str
    """Name of the case."""
    neuron_ms: float
    """Neuron-milliseconds: neurons x simulated milliseconds, all chips and samples."""
    chip_s: float
    """Simulated seconds, all chips and samples."""


Call = Callable[[], dict[str, float]]
"""Does the work once; returns what else is to be reported, such as the mean rate."""


def measure(work: Work, call: Call, repetitions: int, libraries: tuple[str, ...] = ()) -> None:
    """One call that compiles, then the timed ones; prints a line of JSON.

    Reported: CPU and wall seconds of a call (medians; CPU time counts all threads), `first_s` of
    the first call, `peak_mb` of the process, `call_mb`, by how much the calls raised it, and that
    per neuron-millisecond, `bytes`. What a call returns replaces what was measured here, so a
    program of its own can report its 'cpu_s' and 'peak_mb'. No repetition: the first call counts.
    """
    before = peak_mb()
    cpu, wall, extra = [], [], {}
    for _ in range(1 + repetitions):
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        extra = call()
        cpu.append(extra.get("cpu_s", time.process_time() - cpu_start))
        wall.append(time.perf_counter() - wall_start)
    seconds = statistics.median(cpu[1:] or cpu)
    line = {
        "name": work.name,
        "ns": seconds / work.neuron_ms * 1e9,
        "s_per_chip_s": seconds / work.chip_s,
        "wall_s": statistics.median(wall[1:] or wall),
        "first_s": wall[0],
        "peak_mb": peak_mb(),
        "call_mb": peak_mb() - before,
        "bytes": (peak_mb() - before) * 1e6 / work.neuron_ms,
        "real_time": work.chip_s / seconds,
        "load": os.getloadavg()[0],
        "cores": len(os.sched_getaffinity(0)),
        "versions": versions(libraries),
    }
    print(json.dumps(line | extra | {"cpu_s": seconds}), flush=True)


def peak_mb() -> float:
    """Largest resident memory of this process so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 * 1.048576


def versions(libraries: tuple[str, ...]) -> dict[str, str]:
    """Installed versions, '-' where absent."""
    found = {}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "-"
    return found
