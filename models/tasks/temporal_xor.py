"""Temporal XOR: are two pulses of different sign? (Paper.md 2.1, generator of the authors' code.)

One channel, one second: two box pulses of +-1, smoothed. The output shall be +1 behind them if
their signs differ, else -1.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .samples import DT_S, Samples, SequenceTask

NAME = "temporal-xor"
APART = "temporal-xor-apart"
"""Name of the task without reversed gaps."""
DURATION_S = 1.0
WINDOW_S = 2 / 3
"""Length that pulses are measured by [s]."""
GAP_S = 0.1
"""Least gap between the pulses that is asked for [s]; see `reversed_gaps`."""
ANSWER_S = (0.05, 0.3)
"""The answer stands so long behind the second pulse [s]."""
INPUT_SD_S, TARGET_SD_S = 0.010, 0.020
"""Widths of the Gaussians that smooth input and target [s]."""


def temporal_xor(reversed_gaps: bool = True) -> SequenceTask:
    """The task.

    Args:
        reversed_gaps: as in the authors' runs: where the interval for the second pulse is empty,
            which is so in half of all draws, it was sampled backwards, so gaps are 0..0.3 s.
            False draws such a sample again, so that gaps are at least 0.1 s; that task is `APART`.
    """

    def draw(part: str, number: int, generator: Generator) -> Samples:
        return draw_samples(number, generator, reversed_gaps)  # fresh ones: parts share nothing

    name = NAME if reversed_gaps else APART
    return SequenceTask(name, 1, round(DURATION_S / DT_S), draw, signed=True)


def draw_samples(number: int, generator: Generator, reversed_gaps: bool = True) -> Samples:
    """So many samples."""
    time_s = np.arange(round(DURATION_S / DT_S)) * DT_S
    start, end = _pulses(number, generator, reversed_gaps)
    sign = generator.choice([-1.0, 1.0], (number, 2))
    label = sign[:, 0] != sign[:, 1]
    inside = (time_s >= start[..., None]) & (time_s < end[..., None])
    pulses = (sign[..., None] * inside).sum(axis=1)
    first, last = (end[:, 1, None] + s for s in ANSWER_S)
    answer = _smooth(((time_s >= first) & (time_s <= last)).astype(float), TARGET_SD_S)
    answer /= answer.max(axis=1, keepdims=True)
    target = np.where(label, 1.0, -1.0)[:, None] * answer
    return Samples(_smooth(pulses, INPUT_SD_S)[..., None], target, label)


def _pulses(
    number: int, generator: Generator, reversed_gaps: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of both pulses [s], each [sample, pulse]."""
    starts, ends = [], []
    while len(starts) < number:
        lengths = generator.uniform(WINDOW_S / 10, WINDOW_S / 4, 2)
        end = generator.uniform(lengths[0], 2 * WINDOW_S / 3 - lengths[1])
        low, high = end + GAP_S, 2 * WINDOW_S / 3 - lengths[1]
        second = low + (high - low) * generator.random()
        if high < low and not reversed_gaps:
            continue
        starts.append((end - lengths[0], second))
        ends.append((end, second + lengths[1]))
    return np.array(starts).reshape(number, 2), np.array(ends).reshape(number, 2)


def _smooth(rows: np.ndarray, sd_s: float) -> np.ndarray:
    """Each row with a Gaussian of unit area, zeros beyond its ends."""
    reach = np.arange(-round(4 * sd_s / DT_S), round(4 * sd_s / DT_S) + 1) * DT_S
    kernel = np.exp(-0.5 * (reach / sd_s) ** 2)
    kernel /= kernel.sum()
    return np.array([np.convolve(row, kernel, mode="same") for row in rows]).reshape(rows.shape)
