"""Neurons that spike on one board and hardly on the others, without having been given reason to.

Stuck neurons are like that, and neurons that have lost an inhibitory input. They have no effective
gain to compare, so their spikes are counted instead.
"""

from __future__ import annotations

import numpy as np

from .gains import Gains

TIMES = 5.0
"""A board's neuron is awake if it spikes this many times as often as the others' [1]; ASSUMED."""
LEAST_SPIKES = 20
"""Spikes per repeat that it must have."""


def spikes_per_repeat(gains: Gains) -> np.ndarray:
    """In the trials that were replayed, mean over repeats, float64 [board, neuron]."""
    there = gains.spikes >= 0
    return np.where(there, gains.spikes, 0).sum(axis=1) / there.sum(axis=1)


def awake(gains: Gains) -> np.ndarray:
    """Probability of so many spikes if they were `TIMES` those of all other boards together,
    were both Poisson [1], float64 [board, neuron]; 1 where too few, or as the input explains."""
    from scipy.stats import binom

    there = gains.spikes >= 0
    repeats = there[:, :, 0].sum(axis=1)
    total, mean = np.where(there, gains.spikes, 0).sum(axis=1), spikes_per_repeat(gains)
    given = np.where(there, np.nan_to_num(gains.expected), 0.0).sum(axis=1) / repeats[:, None]
    p = np.ones(total.shape)
    for b in range(len(total)):
        others = np.delete(np.arange(len(total)), b)
        share = TIMES * repeats[b] / (TIMES * repeats[b] + repeats[others].sum())
        rest = total[others].sum(axis=0)
        more = given[b] - np.median(given[others], axis=0)
        asked = (mean[b] >= LEAST_SPIKES) & (more < mean[b] / TIMES)
        p[b] = np.where(asked, binom.sf(total[b] - 1, total[b] + rest, share), 1.0)
    return p
