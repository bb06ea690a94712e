"""Kill a validation at fifty random moments, go on, and compare with one that was left in peace.

    python benchmarks/kills.py [moments]

Says how many rows were finished when it was killed, so that it can be seen that the moments lie
inside the sweep; ends with 1 if any result differs.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from analoop.deploy import compile, load_task, shipped_network, validate
from analoop.deploy.population.targets import Target, name_of, sampled
from analoop.deploy.validation import Report, Sweep
from analoop.hw import VirtualBoard

PROGRAM = compile(shipped_network())
STIMULUS = load_task("japanese-vowels").test.select(np.arange(20))
BOARDS: list[Target] = [VirtualBoard(), *sampled(19, 1)]


def sweep(folder: Path) -> Report:
    """The same sweep, begun or gone on with."""
    return validate(PROGRAM, STIMULUS, BOARDS, how=Sweep(folder=folder))


def finished(folder: Path) -> list[str]:
    """Names of the rows that are whole."""
    file = folder / "rows.csv"
    lines = file.read_text().splitlines(keepends=True)[1:] if file.exists() else []
    return [line.split(",")[0] for line in lines if line.endswith("\n")]


def main(moments: int) -> int:
    """Kill, go on, compare."""
    chance, wrong, seen = random.Random(0), 0, Counter()
    with tempfile.TemporaryDirectory() as base:
        begun = time.perf_counter()
        whole = sweep(Path(base) / "whole").record()
        length = time.perf_counter() - begun
        for k in range(moments):
            folder = Path(base) / str(k)
            child = get_context("fork").Process(target=sweep, args=(folder,))
            child.start()
            time.sleep(chance.uniform(0.0, length))
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
            before = finished(folder)
            seen[len(before)] += 1
            again = sweep(folder).record()
            names = [name_of(board) for board in BOARDS]
            wrong += again != whole or finished(folder) != names or before != names[: len(before)]
    print(f"{moments} kills within {length:.2f} s; rows finished by then, and how often:")
    print("  " + ", ".join(f"{rows}: {times}" for rows, times in sorted(seen.items())))
    print(f"{wrong} results differ from the sweep that was left in peace")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
