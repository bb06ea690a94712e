"""Which board, core or neuron differs from the other boards in its effective gain, and by how much.

Every board is held against the median of the others, so a fault of one board is not seen in the
sound ones; and a board with which half of the boards agree, itself included, is not the odd one.
(With two boards each is the other's reference, and which is odd cannot be said.) Cores first: the
median over a core's neurons. Then neurons, each less what its core does. A difference counts where
it is larger than a margin beyond what chance, repeats and the scatter among the core's other
neurons explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics import median_of_others
from .awake import awake
from .gains import Gains
from .multiplicity import holm

LEAST_SPIKES = 10
"""Spikes per repeat that the other boards' median must have before a neuron is judged."""
LEAST_NEURONS = 5
"""Judged neurons a core needs before it is judged."""
PRIOR = 4.0
"""Repeats' worth of weight that all neurons' spread has in the spread of each one."""
AWAKE_SHARE = 0.04
"""Error rate of neurons that spike on one board alone, of that of the judged ones [1]."""
_MEDIAN = np.pi / 2
"""Variance of a median over that of a mean, of normal numbers."""
_MAD = 1.4826
"""Standard deviation over median absolute deviation, of normal numbers."""


@dataclass(frozen=True, eq=False)
class Deviations:
    """Differences of boards from the median of the others, natural logarithms of gain."""

    core: np.ndarray
    """(chip, core) of each judged place, int64 [core, 2]."""
    of_core: np.ndarray
    """Difference of each core, float64 [board, core]; NaN: too few of its neurons can be judged."""
    core_error: np.ndarray
    """Standard error of it [board, core]."""
    core_p: np.ndarray
    """That it is within the margin, Holm over all boards and cores [board, core]."""
    of_neuron: np.ndarray
    """Difference of each neuron less its core's, float64 [board, neuron]; NaN: not judged."""
    neuron_error: np.ndarray
    """Standard error of it [board, neuron]."""
    neuron_p: np.ndarray
    """That it is within the margin, Holm over all boards and neurons [board, neuron]. Of one
    that is not judged: that it is not awake alone (awake.py), over AWAKE_SHARE."""
    core_shared_p: np.ndarray
    """What core_p would be, of cores that are not named because half of the boards agree with
    them [board, core]; NaN: others."""
    neuron_shared_p: np.ndarray
    """The same of neurons [board, neuron]."""


def deviations(
    gains: Gains, address: np.ndarray, core_margin: float, neuron_margin: float
) -> Deviations:
    """Differences of every board from the others; margins as natural logarithms of gain."""
    mean = _mean(gains.log_gain)
    judged = _judged(gains)
    cores, of = np.unique(address[:, :2], axis=0, return_inverse=True)
    members = [of.ravel() == k for k in range(len(cores))]
    away = np.where(judged, mean - median_of_others(mean), np.nan)
    inner = np.where(gains.inside, away, np.nan)
    shift, error, freedom = _of_cores(gains, inner, members)
    core_p = _beyond(shift, error, core_margin, freedom)
    core_shared = _shared(_levels(mean, inner, members), core_margin, error)
    known = np.where(np.isnan(shift), 0.0, shift)
    own = mean - sum(np.outer(known[:, k], member) for k, member in enumerate(members))
    single = np.where(judged, own - median_of_others(own), np.nan)
    spread = sum(np.outer(_scatter(single[:, member]), member) for member in members)
    noise, more = _noise(gains, mean)
    single_error = np.sqrt(noise + spread**2)
    neuron_p = _beyond(single, single_error, neuron_margin, more)
    shared = _shared(own, neuron_margin, np.sqrt(noise)) & judged
    alone = holm(np.where(judged, np.nan, awake(gains)))
    judged_p, neuron_shared_p = _unless(neuron_p, shared)
    neuron_p = np.where(judged, judged_p, np.minimum(1.0, alone / AWAKE_SHARE))
    core_p, core_shared_p = _unless(core_p, core_shared)
    return Deviations(
        cores, shift, error, core_p, single, single_error, neuron_p, core_shared_p, neuron_shared_p
    )


def _mean(values: np.ndarray) -> np.ndarray:
    """Over the repeats there are, [board, neuron]."""
    there = ~np.isnan(values)
    return np.where(there, values, 0.0).sum(axis=1) / there.sum(axis=1)


def _judged(gains: Gains) -> np.ndarray:
    """Where the other boards' answer says enough about a neuron, bool [board, neuron]."""
    spikes = _mean(np.where(gains.spikes < 0, np.nan, gains.spikes))
    enough = median_of_others(spikes) >= LEAST_SPIKES
    return enough & (median_of_others(gains.inside.astype(np.float64)) > 0.5)


def _of_cores(
    gains: Gains, inner: np.ndarray, members: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median difference of every core, its standard error, and its degrees of freedom."""
    shape = (len(inner), len(members))
    shift, error, freedom = (np.full(shape, np.nan) for _ in range(3))
    repeats = (~np.isnan(gains.log_gain[:, :, 0])).sum(axis=1)
    centred = gains.log_gain - _mean(gains.log_gain)[:, None]
    for k, member in enumerate(members):
        variance, extra = _between_repeats(centred[:, :, member], repeats)
        for b in range(len(inner)):
            values = inner[b, member]
            values = values[~np.isnan(values)]
            if len(values) >= LEAST_NEURONS:
                among = _MEDIAN * _scatter(values[None])[0] ** 2 / len(values)
                shift[b, k] = np.median(values)
                error[b, k] = np.sqrt(among + variance * _share(repeats)[b])
                freedom[b, k] = len(values) - 1 + extra
    return shift, error, freedom


def _between_repeats(centred: np.ndarray, repeats: np.ndarray) -> tuple[float, int]:
    """Variance from repeat to repeat of a core's median, over all boards, and its freedom."""
    freedom = int((repeats - 1).sum())
    if not freedom:
        return 0.0, 0
    total = sum(
        ((middle - middle.mean()) ** 2).sum()
        for row, n in zip(centred, repeats, strict=True)
        for middle in [np.median(row[:n], axis=1)]
    )
    return float(total / freedom), freedom


def _share(repeats: np.ndarray) -> np.ndarray:
    """Variance of a board's mean less the others' median, in units of one repeat's, [board]."""
    boards = len(repeats)
    others = np.array([1.0 / np.delete(repeats, b).mean() for b in range(boards)])
    factor = _MEDIAN if boards > 2 else 1.0
    return 1.0 / repeats + factor * others / (boards - 1)


def _scatter(values: np.ndarray) -> np.ndarray:
    """Robust standard deviation along the last axis, NaN left out; 0 of nothing."""
    found = np.zeros(len(values))
    for b, row in enumerate(values):
        row = row[~np.isnan(row)]
        if len(row):
            found[b] = _MAD * np.median(np.abs(row - np.median(row)))
    return found


def _noise(gains: Gains, mean: np.ndarray) -> tuple[np.ndarray, float]:
    """Variance of each neuron's difference that repeats explain [board, neuron]; its freedom.

    Few repeats say little of one neuron, so all neurons' spread, in spikes, stands in for some
    (an empirical Bayes estimate, after Smyth 2004); a spike is never known better than to one.
    """
    repeats = (~np.isnan(gains.log_gain[:, :, 0])).sum(axis=1)
    freedom = int((repeats - 1).sum())
    away = np.nan_to_num(gains.log_gain - mean[:, None])
    own = (away**2).sum(axis=(0, 1)) / max(1, freedom)
    unit = np.maximum(gains.quantum, 1e-12) ** 2
    seen = gains.inside.all(axis=0) & (gains.spikes.max(axis=(0, 1)) > 0)
    typical = float(np.mean((own / unit)[seen])) if seen.any() else 0.0
    prior = unit * max(typical, 1.0 / 12.0)
    variance = (PRIOR * prior + freedom * own) / (PRIOR + freedom)
    return variance * _share(repeats)[:, None], PRIOR + freedom


def _levels(mean: np.ndarray, inner: np.ndarray, members: Sequence[np.ndarray]) -> np.ndarray:
    """Where each board's core stands against the median of all boards [board, core]."""
    away = np.where(np.isnan(inner), np.nan, mean - np.median(mean, axis=0))
    levels = np.full((len(mean), len(members)), np.nan)
    for k, member in enumerate(members):
        for b, row in enumerate(away[:, member]):
            row = row[~np.isnan(row)]
            levels[b, k] = np.median(row) if len(row) else np.nan
    return levels


def _shared(values: np.ndarray, margin: float, error: np.ndarray) -> np.ndarray:
    """Where half of all boards agree with one, bool [board, ...].

    Boards agree that differ by less than the margin and two standard errors of a difference.
    """
    boards = len(values)
    if boards == 2:
        return np.zeros(values.shape, bool)
    near = np.nan_to_num(margin + 2.0 * error)
    agree = sum((np.abs(values - values[b]) <= near).astype(np.int64) for b in range(boards))
    return np.asarray(2 * agree >= boards)


def _unless(p: np.ndarray, shared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities after Holm, 1 where shared; and what those would be, elsewhere NaN."""
    kept = np.where(~np.isnan(p) & shared, 1.0, p)
    return holm(kept), np.where(shared, holm(p), np.nan)


def _beyond(
    away: np.ndarray, error: np.ndarray, margin: float, freedom: np.ndarray | float
) -> np.ndarray:
    """Probability of a difference this large if the true one is at the margin [1]."""
    from scipy.stats import t as student

    error = np.maximum(error, 1e-12)
    size = np.abs(away)
    tails = student.sf((size - margin) / error, freedom)
    return np.minimum(1.0, tails + student.sf((size + margin) / error, freedom))
