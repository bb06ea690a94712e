"""What every neuron of every board did: rate, latency, intervals; and how alike two boards are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ...models.recording import Recording
from ..metrics import intervals, latencies_us, rates_hz, response_correlation
from .alignment import BoardRecordings
from .distances import MEASURES, Distances, sample_trials, spike_distance

Groups = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Responses:
    """Of the neurons of one board, means over its repeats; NaN where there is nothing to say."""

    board: str
    """Its name."""
    rate_hz: np.ndarray
    """Spikes per second over all trials [Hz], float64 [neuron]."""
    latency_us: np.ndarray
    """Time of the first spike in the trials that have one [us], float64 [neuron]."""
    isi_us: np.ndarray
    """Mean interval between spikes of a trial [us], float64 [neuron]."""
    isi_cv: np.ndarray
    """Coefficient of variation of the intervals [1], float64 [neuron]."""

    def record(self, groups: Groups) -> dict[str, Any]:
        """As JSON values, per neuron, and per group the mean over the neurons that have one."""
        columns = {n: getattr(self, n) for n in ("rate_hz", "latency_us", "isi_us", "isi_cv")}
        means = {g: {n: _mean(a[m]) for n, a in columns.items()} for g, m in groups.items()}
        return {
            "board": self.board,
            "neurons": {name: plain(array) for name, array in columns.items()},
            "groups": means,
        }


@dataclass(frozen=True, eq=False)
class Pair:
    """How alike two boards answer, per neuron."""

    first: str
    """A board."""
    second: str
    """Another; the same one: two repeats of it, as a yardstick."""
    correlation: np.ndarray
    """Of spike counts over the trials, means over repeats [1], float64 [neuron]; NaN: a neuron
    that does not vary."""
    distances: Distances | None
    """Of spike trains in a sample of trials; None: not asked for."""

    def record(self, groups: Groups) -> dict[str, Any]:
        """As JSON values, per neuron and per group."""
        columns = {"correlation": self.correlation}
        if self.distances is not None:
            columns |= {name: getattr(self.distances, name) for name in MEASURES}
        means = {g: {n: _mean(a[m]) for n, a in columns.items()} for g, m in groups.items()}
        looked = None if self.distances is None else self.distances.trials.tolist()
        return {
            "boards": [self.first, self.second],
            "neurons": {name: plain(array) for name, array in columns.items()},
            "groups": means,
            "distance_trials": looked,
        }


def responses(board: BoardRecordings) -> Responses:
    """What the neurons of a board did."""

    def averaged(measure: Callable[[Recording], np.ndarray]) -> np.ndarray:
        return _over_repeats(np.stack([measure(r) for r in board.recordings]))

    seen = [intervals(recording) for recording in board.recordings]
    return Responses(
        board.name,
        averaged(rates_hz),
        averaged(latencies_us),
        _over_repeats(np.stack([s.mean_us for s in seen])),
        _over_repeats(np.stack([s.cv for s in seen])),
    )


def pairs(boards: Sequence[BoardRecordings], most: int, seed: int) -> tuple[Pair, ...]:
    """Every two boards, and every board with itself where it has two repeats.

    Args:
        most: spike trains (neurons times trials) that are compared over all pairs; a sample of
            trials, drawn from `seed` and the same for all pairs, keeps to it. 0: no distances.
    """
    twice = [(b, b) for b in boards if len(b.recordings) > 1]
    asked = [*combinations(boards, 2), *twice]
    each = most // max(1, len(asked) * len(boards[0].recordings[0].names))
    trials = sample_trials(boards[0].recordings[0].n_trials, max(1, each), seed) if most else None
    return tuple(_pair(one, two, trials) for one, two in asked)


def _pair(one: BoardRecordings, two: BoardRecordings, trials: np.ndarray | None) -> Pair:
    """The first repeats of two boards, or the first two of one."""
    a, b = one.recordings[0], two.recordings[1 if one is two else 0]
    counts = (a.counts, b.counts) if one is two else (one.counts.mean(0), two.counts.mean(0))
    distances = None if trials is None else spike_distance(a, b, trials)
    return Pair(one.name, two.name, response_correlation(*counts), distances)


def _over_repeats(values: np.ndarray) -> np.ndarray:
    """Mean over the repeats that have a value [neuron]; NaN: none has."""
    there = ~np.isnan(values)
    number = there.sum(axis=0)
    total = np.where(there, values, 0.0).sum(axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _mean(values: np.ndarray) -> float | None:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else None


def plain(values: np.ndarray) -> list[float | None]:
    """As JSON values; NaN is null."""
    return [None if np.isnan(v) else float(v) for v in values]
