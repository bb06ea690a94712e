"""What is measured of a recording; the one definition that every verb uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..models.readout import STEP_US, Readout, most
from ..models.recording import Recording


class Intervals(NamedTuple):
    """What the intervals between spikes of one neuron within a trial are like."""

    mean_us: np.ndarray
    """Mean over all intervals [us], float64 [neuron]; NaN: there is none."""
    cv: np.ndarray
    """Their standard deviation over their mean [1], float64 [neuron]; NaN: fewer than two."""
    number: np.ndarray
    """Intervals that were seen, int64 [neuron]."""


def decisions(recording: Recording, readout: Readout) -> np.ndarray:
    """Decision on every trial of a recording, int64 [trial]; -1: none, which is always wrong."""
    if readout.difference is None:
        return winners(recording.counts[:, readout.columns], readout)
    trials = (recording.raster(k, STEP_US)[None] for k in range(recording.n_trials))
    return np.concatenate([*(answers(r, readout) for r in trials), np.zeros(0, np.int64)])


def answers(spikes: np.ndarray, readout: Readout) -> np.ndarray:
    """As `decisions`, of spikes [trial, step, neuron] in steps of `STEP_US`."""
    mine = spikes[..., readout.columns]
    if readout.difference is None:
        return winners(mine.sum(1), readout)
    return readout.difference.answers(mine)


def winners(counts: np.ndarray, readout: Readout) -> np.ndarray:
    """Winner of every trial, int64 [trial]: the output neuron that fired most, or the label.

    A trial without output spikes decides nothing (-1); of several equal winners the first counts,
    as a host that reads them out in order would decide. Spikes of neurons with the same label are
    counted together, and the winner is a place among `readout.distinct`.

    Args:
        counts: spikes, [trial, output neuron].
    """
    once = readout.distinct
    if len(once) < len(readout.labels):
        counts = counts @ (np.array(readout.labels)[:, None] == np.array(once))
    return most(counts)


def accuracy(recording: Recording, readout: Readout, target: np.ndarray) -> float:
    """Share of trials whose decision is the target [1]."""
    return float((decisions(recording, readout) == target).mean())


def accuracy_interval(right: int, trials: int, covered: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper-Pearson) interval of the accuracy that `right` of `trials` speak for [1].

    It is about other trials like these on the same board; trials that were repeated are not other
    trials and must not be counted twice.
    """
    from scipy.stats import beta

    tail = (1.0 - covered) / 2.0
    low = beta.ppf(tail, right, trials - right + 1) if right else 0.0
    high = beta.ppf(1.0 - tail, right + 1, trials - right) if right < trials else 1.0
    return float(low), float(high)


def repeated_accuracy(
    recordings: Sequence[Recording], readout: Readout, target: np.ndarray
) -> tuple[float, tuple[float, float]]:
    """Mean accuracy over the repeats of one board, and its exact 95 % interval over trials like
    these, in which repeats are not counted again [1]."""
    share = float(np.mean([accuracy(r, readout, target) for r in recordings]))
    return share, accuracy_interval(round(share * len(target)), len(target))


def median_of_others(values: np.ndarray) -> np.ndarray:
    """Median of the other boards, for every one of two boards or more, float64 [board, ...]."""
    boards = np.arange(len(values))
    return np.stack([np.median(values[boards != b], axis=0) for b in boards])


def mean_rate_hz(recording: Recording) -> float:
    """Spikes per neuron and second over all neurons and trials [Hz]."""
    seconds = recording.duration_us.sum() * 1e-6
    return float(recording.counts.sum() / len(recording.names) / seconds) if seconds else 0.0


def rates_hz(recording: Recording) -> np.ndarray:
    """Spikes per second of every neuron over all trials [Hz], float64 [neuron]."""
    seconds = recording.duration_us.sum() * 1e-6
    spikes = recording.counts.sum(axis=0)
    return spikes / seconds if seconds else np.zeros(len(recording.names))


def first_spikes_us(recording: Recording) -> np.ndarray:
    """Time of the first spike in every trial [us], float64 [trial, neuron]; NaN: none."""
    first = np.full((recording.n_trials, len(recording.names)), np.inf)
    np.minimum.at(first, (recording.trial, recording.neuron), recording.time_us.astype(np.float64))
    return np.where(np.isinf(first), np.nan, first)


def latencies_us(recording: Recording) -> np.ndarray:
    """Mean time of the first spike over the trials that have one [us], float64 [neuron]; NaN:
    no trial has."""
    first = first_spikes_us(recording)
    seen = ~np.isnan(first)
    number = seen.sum(axis=0)
    total = np.where(seen, first, 0.0).sum(axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def intervals(recording: Recording) -> Intervals:
    """Intervals between successive spikes of a neuron in one trial, over all trials."""
    neurons = len(recording.names)
    order = np.lexsort((recording.time_us, recording.trial, recording.neuron))
    trial, time, neuron = (a[order] for a in (recording.trial, recording.time_us, recording.neuron))
    same = (np.diff(trial) == 0) & (np.diff(neuron) == 0)
    length, of = np.diff(time)[same].astype(np.float64), neuron[1:][same]
    number = np.bincount(of, minlength=neurons)
    mean = np.bincount(of, length, neurons) / np.maximum(number, 1)
    around = np.bincount(of, (length - mean[of]) ** 2, neurons) / np.maximum(number - 1, 1)
    cv = np.sqrt(around) / np.where(mean > 0, mean, np.inf)
    return Intervals(np.where(number > 0, mean, np.nan), np.where(number > 1, cv, np.nan), number)


def response_correlation(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Pearson correlation over the trials of two boards' spike counts [1], float64 [neuron].

    NaN: a neuron that does not vary over the trials on one of them.

    Args:
        one, two: counts [trial, neuron]; means over repeats where there are some.
    """
    a, b = (x - x.mean(axis=0) for x in (one, two))
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    varied = scale > 0
    return np.where(varied, (a * b).sum(axis=0) / np.where(varied, scale, 1.0), np.nan)
