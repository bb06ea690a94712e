"""Our side of the workloads on a GPU, at sizes worth one: python gpu.py CASE [repetitions]

w1   1,000 chips, ten times over: 10,000 chips, whose spikes would not fit the host at once
w2   256 boards
w3   value and gradient for 64 chips, in turns of 16, by torch's autograd

Threshold soma, AMPA and GABA, float32. Seconds are wall time. Without a GPU nothing is run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import workloads as wl
from ours import BOARD, LIBRARIES, PLAIN, board_load, chips_of, net_load
from timing import Work, measure

from analoop.models import gpu
from analoop.models.gpu_sheet import Part, moved
from analoop.models.unrolling import unroll_events

DEVICE = "cuda"
CHIPS, TIMES = 1000, 10
"""Of W1."""
BOARDS = 256
"""Of W2."""
TRAINED, TURN = 64, 16
"""Chips of W3, and how many of them at once."""


def timed(name: str, neurons: int, chip_s: float, repetitions: int, play: Callable[[], float]):
    """Measure `play`, which returns the number of spikes, in wall time."""

    def call() -> dict[str, float]:
        start = time.perf_counter()
        rate = play() / (chip_s * neurons)
        return {"rate_hz": rate, "cpu_s": time.perf_counter() - start}

    measure(Work(f"gpu {name}", chip_s * neurons / wl.DT, chip_s), call, repetitions, LIBRARIES)


def w1(repetitions: int) -> None:
    """Validation."""
    c, load = chips_of(PLAIN, CHIPS, wl.NEURONS), net_load(wl.net(), CHIPS, PLAIN)

    def play() -> float:
        runs = (gpu.run(c, load.wiring, load.drive, None, "single", DEVICE) for _ in range(TIMES))
        return sum(len(run.chip) for run in runs)

    chip_s = CHIPS * TIMES * wl.SAMPLES * wl.STEPS * wl.DT
    timed("w1", wl.NEURONS, chip_s, repetitions, play)


def w2(repetitions: int) -> None:
    """Boards side by side, each with its own mismatch."""
    c, load = chips_of(BOARD, BOARDS, wl.BOARD_NEURONS), board_load(wl.board(), BOARD)
    weight, delay = (np.repeat(a, BOARDS, 0) for a in (load.wiring.weight, load.wiring.delay))
    wiring = replace(load.wiring, weight=weight, delay=delay)

    def play() -> float:
        return len(gpu.run(c, wiring, load.drive, None, "single", DEVICE).chip)

    timed("w2", wl.BOARD_NEURONS, BOARDS * wl.STEPS * wl.DT, repetitions, play)


def w3(repetitions: int) -> None:
    """Training, the loss of `ours w3_64`: gradients of the turns add up."""
    net, target = wl.net(wl.TRAINING_SAMPLES), torch.tensor(wl.target_rates()).to(DEVICE)
    every = chips_of(PLAIN, TRAINED, wl.NEURONS)
    turns = [Part(slice(k, k + TURN), slice(None)) for k in range(0, TRAINED, TURN)]
    chips = [moved(every, DEVICE, torch.float32, turn) for turn in turns]
    weights = [torch.tensor(w, device=DEVICE, requires_grad=True) for w in (net.w_in, net.w_rec)]

    def play() -> float:
        spiked = 0.0
        for weight in weights:
            weight.grad = None
        for c in chips:
            w_in, w_rec = (torch.stack([w.relu(), (-w).relu()], 1) * PLAIN.unit for w in weights)
            spikes = unroll_events(c, net.counts, w_in, w_rec)
            loss = ((spikes.mean(-2) / wl.DT - target) ** 2).mean() / len(chips)
            loss.backward()
            spiked += spikes.sum().item()
        return spiked

    chip_s = TRAINED * wl.TRAINING_SAMPLES * wl.STEPS * wl.DT
    timed("w3", wl.NEURONS, chip_s, repetitions, play)


if __name__ == "__main__":
    if not torch.cuda.is_available():
        sys.exit("no GPU on this machine")
    {"w1": w1, "w2": w2, "w3": w3}[sys.argv[1]](int(sys.argv[2]) if len(sys.argv) > 2 else 3)
