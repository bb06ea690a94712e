"""The effective gain of every neuron on every board, from what it received and what it answered.

The effective gain of a neuron is the factor on all its weights at which a nominal chip, given the
same input spikes, would answer with the number of spikes that was recorded. It is one number per
neuron, the same unit for all neurons and cores, and free of what happens upstream. Its absolute
value holds what the nominal model misses; differences between boards do not, as long as
the boards are alike in the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .alignment import BoardRecordings
from .replay import Replay

GRID = np.exp(np.linspace(np.log(0.3), np.log(3.0), 13))
"""Factors on the weights at which the nominal chip is asked [1]; the middle one is 1."""


@dataclass(frozen=True, eq=False)
class Gains:
    """Effective gains of the neurons of several boards."""

    log_gain: np.ndarray
    """Natural logarithm of the effective gain, float64 [board, repeat, neuron]; those beyond the
    grid stand at its edge; NaN: that board has fewer repeats."""
    quantum: np.ndarray
    """What one spike more or less changes in it, mean over boards, float64 [neuron]."""
    spikes: np.ndarray
    """Spikes in the trials that were replayed, int64 [board, repeat, neuron]; -1: no repeat."""
    inside: np.ndarray
    """Whether the gain is within the grid in every repeat, bool [board, neuron]."""
    trials: np.ndarray
    """Trials that were replayed."""
    expected: np.ndarray
    """Spikes of the nominal neuron, float64 [board, repeat, neuron]; NaN: no repeat."""


def effective_gains(replay: Replay, boards: Sequence[BoardRecordings], most: int) -> Gains:
    """Effective gains over the replay's trials; at most so many repeats of a board are replayed."""
    repeats = [min(most, len(board.recordings)) for board in boards]
    shape = (len(boards), max(repeats), len(replay.program.names))
    log_gain, spikes = np.full(shape, np.nan), np.full(shape, -1)
    slopes, expected = np.full(shape, np.nan), np.full(shape, np.nan)
    scale = np.repeat(GRID[:, None], len(replay.circuits.target), axis=1)
    for b, board in enumerate(boards):
        for r, recording in enumerate(board.recordings[: repeats[b]]):
            curve = replay.counts(recording, scale).sum(axis=1)
            spikes[b, r] = recording.counts[replay.trials].sum(axis=0)
            expected[b, r] = curve[len(GRID) // 2]
            log_gain[b, r], slopes[b, r] = inverted(curve, spikes[b, r])
    low, high = np.log(GRID[[0, -1]])
    known = ~np.isnan(log_gain)
    inside = (((log_gain > low) & (log_gain < high)) | ~known).all(axis=1)
    quantum = np.nanmean(slopes, axis=(0, 1))
    return Gains(log_gain, quantum, spikes, inside, replay.trials, expected)


def inverted(curve: np.ndarray, spikes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each neuron's curve has so many spikes: log gain, and its change per spike [neuron].

    A curve that falls somewhere is taken at the highest it has reached; beyond the grid the edge
    of the grid counts.

    Args:
        curve: spikes at every gain of the grid, [gain, neuron].
        spikes: recorded, [neuron].
    """
    rising = np.maximum.accumulate(curve, axis=0).astype(np.float64)
    axis = np.log(GRID)
    above = np.clip((rising <= spikes).sum(axis=0), 1, len(GRID) - 1)
    neuron = np.arange(curve.shape[1])
    low, high = rising[above - 1, neuron], rising[above, neuron]
    step = np.maximum(high - low, 1.0)
    share = np.clip((spikes - low) / step, 0.0, 1.0)
    width = axis[above] - axis[above - 1]
    return axis[above - 1] + share * width, width / step
