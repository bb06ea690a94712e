"""Did a board change? Limits for a control chart, from how much its trials differ among themselves.

If nothing changed, the trials of today and those of the reference are exchangeable: any split of
all of them is as likely as the one that was made. So the limits are quantiles over random splits.
They need no normal distribution, hold for boards that hardly vary, and give a false alarm in at
most FALSE_ALARMS of the fingerprints of a board that did not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import NamedTuple

import numpy as np

from ...models.errors import InputError

FALSE_ALARMS = 0.0027
"""Share of fingerprints of an unchanged board that say it changed, at most [1]: three sigma."""
SPLITS = 19_999
"""Random splits the limits are taken from."""
FEWEST = 8
"""Trials with which a change can be seen at all: fewer have too few splits."""
CHARTS = 3
"""Mean, correlation, spread: each has its share of the false alarms."""
_EQUAL = 1e-9
"""Rounding of sums of counts."""


@dataclass(frozen=True)
class Limits:
    """A point on the two charts of a board, and where it would have had to be."""

    mean: float
    """Spikes per neuron and trial [1]."""
    mean_low: float
    """Lower limit."""
    mean_high: float
    """Upper limit."""
    correlation: float
    """Of the neurons' mean counts with those of the reference [1]; 1 if all fire alike."""
    correlation_low: float
    """Lower limit."""

    spread: float
    """Variance of a neuron's count over trials, mean over neurons [1]."""
    spread_low: float
    """Lower limit."""
    spread_high: float
    """Upper limit."""

    @property
    def changed(self) -> bool:
        """Whether the point is outside."""
        return not (
            self.mean_low - _EQUAL <= self.mean <= self.mean_high + _EQUAL
            and self.correlation >= self.correlation_low - _EQUAL
            and self.spread_low - _EQUAL <= self.spread <= self.spread_high + _EQUAL
        )


class _Compared(NamedTuple):
    """Two sides of splits, compared; float64 [split]."""

    shift: np.ndarray
    """Difference of their means."""
    alike: np.ndarray
    """Correlation over neurons."""
    wider: np.ndarray
    """Difference of their spreads."""


def control_limits(reference: np.ndarray, now: np.ndarray, seed: int = 0) -> Limits:
    """Compare counts, both [trial, neuron].

    Args:
        seed: of the random splits.

    Raises:
        InputError: FEW_TRIALS.
    """
    if min(len(reference), len(now)) < FEWEST:
        raise InputError(
            f"{len(reference)} trials in the reference and {len(now)} now are too few to tell a "
            f"change from chance: play {FEWEST} or more; of a reference that has fewer, make "
            "another (--new-reference)",
            code="FEW_TRIALS",
        )
    pooled = np.concatenate([now, reference]).astype(np.float64)
    splits = np.zeros((SPLITS, len(pooled)))
    chosen = np.argsort(np.random.default_rng(seed).random(splits.shape), axis=1)[:, : len(now)]
    np.put_along_axis(splits, chosen, 1.0, axis=1)
    drawn = _compared(splits, pooled)
    made = np.zeros((1, len(pooled)))
    made[0, : len(now)] = 1.0
    outside = floor(FALSE_ALARMS / CHARTS * (SPLITS + 1))  # so many may lie beyond a limit
    shift, wider = (float(np.sort(np.abs(x))[-outside]) for x in (drawn.shift, drawn.wider))
    centre, width = float(reference.mean()), float(reference.var(axis=0).mean())
    return Limits(
        mean=float(now.mean()),
        mean_low=centre - shift,
        mean_high=centre + shift,
        correlation=float(_compared(made, pooled).alike[0]),
        correlation_low=float(np.sort(drawn.alike)[outside - 1]),
        spread=float(now.var(axis=0).mean()),
        spread_low=max(0.0, width - wider),
        spread_high=width + wider,
    )


def _compared(splits: np.ndarray, pooled: np.ndarray) -> _Compared:
    """One side is 1 in the splits, the other 0."""
    size = splits.sum(axis=1, keepdims=True)
    other = len(pooled) - size
    sums, squares = splits @ pooled, splits @ (pooled**2).mean(axis=1, keepdims=True)
    one, two = sums / size, (pooled.sum(axis=0) - sums) / other
    power = squares / size, ((pooled**2).mean(axis=1).sum() - squares) / other
    spreads = [p[:, 0] - (m**2).mean(axis=1) for p, m in zip(power, (one, two), strict=True)]
    shift = one.mean(axis=1) - two.mean(axis=1)
    one, two = (side - side.mean(axis=1, keepdims=True) for side in (one, two))
    scale = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    alike = np.divide((one * two).sum(axis=1), scale, out=np.ones(len(sums)), where=scale > _EQUAL)
    return _Compared(shift, alike, spreads[0] - spreads[1])
