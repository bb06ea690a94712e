"""Where the spread of spike counts comes from: chip, core, row, neuron, trial, residual.

The model, for the square root y of a count plus 3/8 (which makes Poisson counts spread alike, with
variance 1/4, at any rate), of neuron i in trial t and repeat r on board b:

    y = mean_i + trial_it + chip_b + core_bc + row_bcw + neuron_bi + residual_bitr

trial: what the stimulus does to a neuron on every board alike. chip, core, row (of the 16x16
array), neuron: by how much a board, a core on it, a row of that core and a single neuron differ
from the boards' mean, over all trials; each nested in the one before. residual: repeats, and what
differs between boards in single trials only. All are independent random effects; components are
moment estimators (Henderson's method 1): the sums of squares of the nested group means are set to
what the model expects, which holds for any sizes of groups. A negative component is set to 0, and
`negative` says so. Neurons that never spiked on any board are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

ROW = 16
"""Neurons in a row of a core's 16x16 array."""
PARTS = ("chip", "core", "row", "neuron", "trial", "residual")
"""Names of the components, in the order in which they are given."""


@dataclass(frozen=True)
class VarianceSplit:
    """Variance components of square-root counts."""

    components: dict[str, float]
    """Variance by part [spikes of sqrt counts, squared; a Poisson count has .25]."""
    negative: tuple[str, ...]
    """Parts whose estimate came out negative and was set to 0: no spread of theirs was seen."""
    neurons: int
    """Neurons that ever spiked; the others are left out."""

    @property
    def shares(self) -> dict[str, float]:
        """Share of each part in their sum [1]."""
        total = sum(self.components.values())
        return {name: value / total if total else 0.0 for name, value in self.components.items()}

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "components": self.components,
            "shares": self.shares,
            "negative": list(self.negative),
            "neurons": self.neurons,
            "model": "sqrt(count + 3/8), nested random effects, Henderson's method 1",
        }


def split_variance(counts: Sequence[np.ndarray], address: np.ndarray) -> VarianceSplit:
    """Split the spread of spike counts.

    Args:
        counts: of each board, [repeat, trial, neuron].
        address: (chip, core, neuron) of every neuron, the same on every board [neuron, 3].
    """
    alive = np.any([board.any(axis=(0, 1)) for board in counts], axis=0)
    rooted = [np.sqrt(board[:, :, alive] + 0.375) for board in counts]
    if not alive.any():
        return VarianceSplit(dict.fromkeys(PARTS, 0.0), (), 0)
    means = np.stack([board.mean(axis=0) for board in rooted])
    trials = means.shape[1]
    repeats, own = np.array([len(board) for board in rooted]), means.mean(axis=1)
    common = np.average(means, axis=0, weights=repeats)
    residual = _residual(rooted, common + (own - common.mean(axis=0))[:, None])
    noise = residual / trials * float((1.0 / repeats).mean())
    nested = _nested(own - own.mean(axis=0), address[alive], noise)
    apart = float(np.square(common - common.mean(axis=0)).sum(axis=0).mean())
    per_trial = apart / max(1, trials - 1) - residual / float(repeats.sum())
    raw = nested | {"trial": per_trial, "residual": residual}
    low = tuple(name for name in PARTS if raw[name] < 0.0)
    return VarianceSplit({n: max(0.0, float(raw[n])) for n in PARTS}, low, int(alive.sum()))


def _residual(rooted: Sequence[np.ndarray], fitted: np.ndarray) -> float:
    """Mean square of what trials and boards do not explain."""
    left = float(sum(np.square(y - f).sum() for y, f in zip(rooted, fitted, strict=True)))
    boards, trials, neurons = fitted.shape
    seen = sum(len(y) for y in rooted) * trials
    freedom = (seen - boards - trials + 1) * neurons
    return left / freedom if freedom > 0 else 0.0


def _nested(away: np.ndarray, address: np.ndarray, noise: float) -> dict[str, float]:
    """Components of the boards' differences from their mean [board, neuron].

    Taking away the mean over the boards leaves (boards - 1) / boards of every sum of squares.
    """
    boards, neurons = away.shape
    _, core = np.unique(address[:, :2], axis=0, return_inverse=True)
    place = np.column_stack([address[:, :2], address[:, 2] // ROW])
    _, row = np.unique(place, axis=0, return_inverse=True)
    groups = [np.zeros(neurons, np.int64), core.ravel(), row.ravel(), np.arange(neurons)]
    squares = np.array([_of_means(away, g) for g in groups]) * boards / max(1, boards - 1)
    squares -= noise * boards * np.array([len(np.unique(g)) for g in groups])
    expected = boards * np.array([[_overlap(g, h) for h in groups] for g in groups])
    # Where two levels are the same groups (one row of a core in use), nothing tells them apart:
    # the smallest solution shares their spread evenly.
    values = np.linalg.lstsq(expected, squares, rcond=None)[0]
    return dict(zip(PARTS[:4], map(float, values), strict=True))


def _of_means(away: np.ndarray, group: np.ndarray) -> float:
    """Sum of squares of group means, each counted once per member, over all boards."""
    size = np.bincount(group)
    sums = np.stack([np.bincount(group, row) for row in away])
    return float((sums**2 / np.maximum(size, 1)).sum())


def _overlap(group: np.ndarray, other: np.ndarray) -> float:
    """What a component of unit variance of the `other` groups adds to the sum of squares of
    `group` on one board."""
    pairs, number = np.unique(np.stack([group, other]), axis=1, return_counts=True)
    return float((number**2 / np.bincount(group)[pairs[0]]).sum())
