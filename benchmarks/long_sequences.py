"""How time and memory of training grow with the length of a sequence, beside Rockpool's LIFTorch.

    python benchmarks/long_sequences.py [rounds]

The net of W3 (16 inputs, 64 recurrent neurons, 64 samples, one chip), value and gradient by both
weight matrices. `whole` keeps the tape of every step, `again` plays stretches again from
checkpoints, `automatic` is what a user gets. `torch` is the path of exponential somas and GPUs,
with 4 samples. Every case is a process of its own on one core and one thread; a round runs every
case once, and ratios are taken within a round.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import torch
import workloads as wl
from ours import LIBRARIES, PLAIN, chips_of, trainer
from timing import Work, measure

from analoop.models import checkpoints, unrolling

LENGTHS = (250, 500, 1000, 2000, 4000, 8000, 16000, 32000)
"""Steps."""
SHORT = (250, 500, 1000)
"""Steps of LIFTorch, whose time grows with their square."""
FEW = 4
"""Samples of torch's path."""
LIMITS = {"whole": 2**62, "again": 0}
"""Bytes of tape; `automatic` has none of its own."""
CASES = (
    *(("automatic", steps) for steps in LENGTHS),
    *((mode, steps) for mode in ("whole", "again") for steps in (1000, 4000, 16000)),
    *((f"torch {mode}", steps) for mode in ("whole", "again") for steps in SHORT),
    *(("LIFTorch", steps) for steps in SHORT),
)


def lif(steps: int) -> Callable[[], dict[str, float]]:
    """Rockpool's: linear weights, recurrent neurons, the same loss."""
    from rockpool.nn.combinators import Sequential
    from rockpool.nn.modules import LIFTorch, LinearTorch

    net = wl.net(wl.TRAINING_SAMPLES, steps)
    linear = LinearTorch((wl.INPUTS, wl.NEURONS), weight=torch.tensor(net.w_in))
    neurons = LIFTorch((wl.NEURONS,), has_rec=True, w_rec=0.1 * torch.tensor(net.w_rec), dt=wl.DT)
    stack = Sequential(linear, neurons)
    counts, wanted = torch.tensor(net.counts), torch.tensor(wl.target_rates())

    def call() -> dict[str, float]:
        for weight in stack.parameters().astorch():  # pyright: ignore
            weight.grad = None
        rates = stack(counts)[0].mean(-2) / wl.DT
        ((rates - wanted) ** 2).mean().backward()
        return {"rate_hz": rates.mean().item()}

    return call


def torch_path(steps: int) -> Callable[[], dict[str, float]]:
    """The definition through autograd."""
    net, c = wl.net(FEW, steps), chips_of(PLAIN, 1, wl.NEURONS)
    weights = [torch.tensor(w, dtype=torch.float64) for w in (net.w_in, net.w_rec)]
    weights = [w.requires_grad_() for w in weights]

    def call() -> dict[str, float]:
        currents = (torch.stack([w.relu(), (-w).relu()], 1) * PLAIN.unit for w in weights)
        rates = unrolling.unroll_events(c, net.counts, *currents, compiled=False).mean(-2) / wl.DT
        rates.square().mean().backward()
        return {"rate_hz": rates.mean().item()}

    return call


def one(case: str, steps: int) -> None:
    """Measure a case; a small call first, so that memory and time are those of the calls."""
    torch.set_num_threads(1)
    kind, _, mode = case.rpartition(" ")
    if mode in LIMITS:
        checkpoints.SMALL = checkpoints.WHOLE = LIMITS[mode]
    samples = FEW if kind else wl.TRAINING_SAMPLES
    if case == "LIFTorch":
        lif(10)()
        call = lif(steps)
    elif kind:
        torch_path(10)()
        call = torch_path(steps)
    else:
        target = wl.target_rates()
        trainer(wl.net(1, 10), target[:1], 1)()
        call = trainer(wl.net(samples, steps), target, 1)
    chip_s = samples * steps * wl.DT
    work = Work(case, chip_s * wl.NEURONS / wl.DT, chip_s)
    measure(work, call, 2 if mode != "LIFTorch" else 0, (*LIBRARIES, "rockpool"))


def run(case: str, steps: int) -> dict:
    """The line of JSON of a case."""
    core = max(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, __file__, case, str(steps)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, [core]),
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(rounds: int) -> None:
    """All cases, as a table."""
    lines: dict[tuple[str, int], list[dict]] = {case: [] for case in CASES}
    for _ in range(rounds):
        for case in CASES:
            lines[case].append(run(*case))
            print(*case, lines[case][-1]["cpu_s"], file=sys.stderr, flush=True)
    print(f"medians of {rounds} rounds (range); load {os.getloadavg()[0]:.1f} at the end")
    print(next(iter(lines.values()))[0]["versions"])
    print(
        f"{'case':16}{'steps':>6}{'CPU s':>9}{'range':>16}{'us/step':>9}{'call MB':>9}{'bytes':>8}"
    )
    for (case, steps), found in lines.items():
        seconds = [line["cpu_s"] for line in found]
        cpu, mb, size = (
            statistics.median(v[k] for v in found) for k in ("cpu_s", "call_mb", "bytes")
        )
        spread = f"{min(seconds):.3f}-{max(seconds):.3f}"
        print(
            f"{case:16}{steps:6}{cpu:9.3f}{spread:>16}{1e6 * cpu / steps:9.0f}{mb:9.0f}{size:8.1f}"
        )
    print("bytes: per neuron, step and sample, of the memory the calls added")
    for steps in SHORT:
        pairs = zip(lines["LIFTorch", steps], lines["automatic", steps], strict=True)
        ratios = [theirs["cpu_s"] / mine["cpu_s"] for theirs, mine in pairs]
        print(
            f"LIFTorch / automatic at {steps} steps: {statistics.median(ratios):.1f}"
            f" ({min(ratios):.1f}-{max(ratios):.1f})"
        )
    for case in ("automatic", "LIFTorch"):
        x = [
            (k, statistics.median(v["cpu_s"] for v in found))
            for (c, k), found in lines.items()
            if c == case
        ]
        steps, seconds = np.log(x).T
        power = np.polyfit(steps, seconds, 1)[0]
        print(f"{case}: time grows with the power {power:.2f} of the steps")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        one(sys.argv[1], int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
