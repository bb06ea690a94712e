"""Did a board change? Limits for a control chart, from how much its trials differ among themselves.

If nothing changed, the trials of today and those of the reference are exchangeable: any split of
all of them is as likely as the one that was made. So the limits are quantiles over random splits.
They need no normal distribution, hold for boards that hardly vary, and give a false alarm in at
most FALSE_ALARMS of the fingerprints of a board that did not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np

from ...models.errors import InputError

FALSE_ALARMS = 0.0027
"""Share of fingerprints of an unchanged board that say it changed, at most [1]: three sigma."""
SPLITS = 19_999
"""Random splits the limits are taken from."""
FEWEST = 7
"""Trials with which a change can be seen at all: fewer have too few splits."""
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

    @property
    def changed(self) -> bool:
        """Whether the point is outside."""
        inside = self.mean_low - _EQUAL <= self.mean <= self.mean_high + _EQUAL
        return not inside or self.correlation < self.correlation_low - _EQUAL


def control_limits(reference: np.ndarray, now: np.ndarray, seed: int = 0) -> Limits:
    """Compare counts, both [trial, neuron]; each of the two charts has half the false alarms.

    Args:
        seed: of the random splits.

    Raises:
        InputError: FEW_TRIALS.
    """
    if min(len(reference), len(now)) < FEWEST:
        raise InputError(
            f"{len(reference)} trials in the reference and {len(now)} now are too few to tell a "
            f"change from chance: play {FEWEST} or more",
            code="FEW_TRIALS",
        )
    pooled = np.concatenate([now, reference]).astype(np.float64)
    splits = np.zeros((SPLITS, len(pooled)))
    chosen = np.argsort(np.random.default_rng(seed).random(splits.shape), axis=1)[:, : len(now)]
    np.put_along_axis(splits, chosen, 1.0, axis=1)
    shift, alike = _compared(splits, pooled, len(now))
    made = np.zeros((1, len(pooled)))
    made[0, : len(now)] = 1.0
    _, correlation = _compared(made, pooled, len(now))
    outside = floor(FALSE_ALARMS / 2 * (SPLITS + 1))  # so many splits may lie beyond a limit
    widest = np.sort(np.abs(shift))[-outside]
    centre = float(reference.mean())
    return Limits(
        float(now.mean()),
        centre - widest,
        centre + widest,
        float(correlation[0]),
        float(np.sort(alike)[outside - 1]),
    )


def _compared(splits: np.ndarray, pooled: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Of every split the difference of its two means, and the correlation over neurons."""
    sums = splits @ pooled
    one, two = sums / size, (pooled.sum(axis=0) - sums) / (len(pooled) - size)
    shift = one.mean(axis=1) - two.mean(axis=1)
    one, two = (side - side.mean(axis=1, keepdims=True) for side in (one, two))
    scale = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    alike = np.divide((one * two).sum(axis=1), scale, out=np.ones(len(sums)), where=scale > _EQUAL)
    return shift, alike
