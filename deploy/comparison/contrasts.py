"""What is known of the difference of two boards, and what it says about a margin.

A `Contrast` is of logarithms of counts, with a spread between replicates. Two margins bind it: the
floor, and `spreads` standard deviations of a replicate, which nobody knows exactly; the larger one
is the margin. So a difference is called one only if it is beyond both (an intersection-union
test). It is called none if it is within either, at a level that keeps the error rate where both are
the same, which is the worst case. `counts.py` has the same for groups that hardly spike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from ...models.errors import InputError

POWER = 0.8
"""With which an undecided comparison would be decided by the replicates it is told to add [1]."""
MOST = 10.0
"""Largest floor, as a natural logarithm: a ratio of 22,000 is equivalence to nobody."""
MOST_MORE = 10_000
"""More replicates than this are not worth counting."""
_STEPS = 2001
"""Points in which an estimated standard deviation is integrated over."""


@dataclass(frozen=True)
class Margins:
    """What counts as equivalent.

    Raises:
        InputError: MARGINS, with every value that makes no sense.
    """

    floor: float = 0.05
    """Least margin, as a natural logarithm of the ratio of counts (.05 is about 5 %); ASSUMED."""
    spreads: float = 2.0
    """Margin in standard deviations of one board's repeats [1]."""
    alpha: float = 0.05
    """Probability of any wrong answer among all of a kind, after Holm [1]."""

    def __post_init__(self) -> None:
        wrong = [] if 0 <= self.floor <= MOST else [f"floor {self.floor!r} (0..{MOST:g})"]
        wrong += [] if 0 <= self.spreads < np.inf else [f"spreads {self.spreads!r} (0 or more)"]
        wrong += [] if 0 < self.alpha < 1 else [f"alpha {self.alpha!r} (above 0, below 1)"]
        if wrong:
            raise InputError(
                f"no margins have {', '.join(wrong)}: the floor is the natural logarithm of a "
                "ratio of counts, .05 is about 5 %",
                code="MARGINS",
            )


class Difference(Protocol):
    """What a verdict needs of two boards."""

    @property
    def log_ratio(self) -> float:
        """Logarithm of the second board's mean count over the first's [1]."""
        ...

    @property
    def error(self) -> float:
        """Standard error of it [1]."""
        ...

    @property
    def replicates(self) -> tuple[int, int]:
        """Of the two boards."""
        ...

    @property
    def paired(self) -> bool:
        """Whether the replicates are the trials."""
        ...

    def margin(self, margins: Margins) -> tuple[float, bool]:
        """The margin as far as it is known, and whether it was learned."""
        ...

    def p_values(self, margins: Margins) -> tuple[float, float]:
        """That the difference is at or beyond the margin, and that it is within it."""
        ...

    def power(self, margins: Margins, alpha: float, replicates: int) -> float:
        """Of the verdict that the difference leads to, with so many replicates on each board."""
        ...


class Contrast(NamedTuple):
    """A difference of two boards that spike in every replicate."""

    log_ratio: float
    """Second over first."""
    spread: float
    """Standard deviation of one replicate, as a logarithm; error = spread * sqrt(1/n + 1/m)."""
    replicates: tuple[int, int]
    """Replicates of the two boards."""
    freedom: float
    """Degrees of freedom of the spread."""
    paired: bool
    """Whether the replicates are trials: the floor is the margin then."""

    @property
    def error(self) -> float:
        """Standard error [1]."""
        return self.spread * self._scale

    @property
    def _scale(self) -> float:
        n, m = self.replicates
        return float(np.sqrt(1.0 / n + 1.0 / m))

    def margin(self, margins: Margins) -> tuple[float, bool]:
        """The margin as far as it is known, and whether it was learned."""
        learned = margins.spreads * self.spread
        if self.paired or learned <= margins.floor:
            return margins.floor, False
        return learned, True

    def p_values(self, margins: Margins) -> tuple[float, float]:
        """That the difference is at or beyond the margin, and that it is within it."""
        from scipy.special import nctdtr, stdtr

        error, freedom = max(self.error, 1e-12), self.freedom
        t, edge = abs(self.log_ratio) / error, margins.floor / error
        same = float(stdtr(freedom, t - edge))
        apart = min(1.0, float(stdtr(freedom, edge - t) + stdtr(freedom, -t - edge)))
        if self.paired:
            return same, apart
        # Scaled by its error, the learned margin does not hang on the spread: a noncentrality.
        own = margins.spreads / self._scale
        below, opposite = (float(nctdtr(freedom, own, x)) for x in (min(t, 1e9), -min(t, 1e9)))
        same = _of_either(min(same, below), freedom, own)
        return same, max(apart, min(1.0, 1.0 - below + opposite))

    def power(self, margins: Margins, alpha: float, replicates: int) -> float:
        """Of the verdict that the difference leads to, with so many replicates on each board."""
        from scipy.special import nctdtrit, ndtr, stdtrit

        freedom = max(1, replicates - 1 if self.paired else 2 * (replicates - 1))
        scale = np.sqrt(2.0 / replicates)
        error = max(self.spread * scale, 1e-12)
        away, edge, own = (
            abs(self.log_ratio) / error,
            margins.floor / error,
            margins.spreads / scale,
        )
        u, weight = _spreads_seen(freedom)
        if abs(self.log_ratio) >= self.margin(margins)[0]:
            limit = edge - u * stdtrit(freedom, alpha)
            if not self.paired:
                limit = np.maximum(limit, u * nctdtrit(freedom, own, 1.0 - alpha))
            return float(weight @ (ndtr(away - limit) + ndtr(-away - limit)))
        if self.paired:
            limit = edge + u * stdtrit(freedom, alpha)
        else:
            # Nearly proportional: the level at which either test together has this one.
            alpha = max(alpha / 2, alpha**2 / _of_either(alpha, freedom, own))
            limit = _within(alpha, freedom, edge, own, u)
        limit = np.maximum(limit, 0.0)
        return float(weight @ (ndtr(limit - away) - ndtr(-limit - away)))


def more_replicates(found: Difference, margins: Margins, asked: int = 1) -> int | None:
    """Replicates to add on each board so that the verdict falls with a power of .8, if the
    difference and the spread are what they seem; None: more than MOST_MORE.

    Args:
        asked: comparisons that share the error rate (all of them, as Holm's first step does).
    """
    now = min(found.replicates)
    alpha = margins.alpha / asked
    low, high = 1, 1
    while found.power(margins, alpha, now + high) < POWER:
        low, high = high, high * 2
        if low > MOST_MORE:
            return None
    while low < high:
        middle = (low + high) // 2
        if found.power(margins, alpha, now + middle) < POWER:
            low = middle + 1
        else:
            high = middle
    return high if high <= MOST_MORE else None


def _of_either(p: float, freedom: float, own: float) -> float:
    """Probability that one of two tests of equivalence has so small a p, where the margins that
    they are about are the same, `own` standard errors: then both err, and the larger share of
    times; of unequal margins only one can."""
    from scipy.special import ndtr

    if not 1e-9 < p < 0.5:
        return min(1.0, 2.0 * p)
    u, weight = _spreads_seen(freedom)
    limit = np.maximum(_within(p, freedom, own, own, u), 0.0)
    both = float(weight @ (ndtr(limit - own) - ndtr(-limit - own)))
    return min(max(both, p), 2.0 * p, 1.0)


def _within(p: float, freedom: float, edge: float, own: float, u: np.ndarray) -> np.ndarray:
    """Largest difference with that p at the floor or at the learned margin, both in true standard
    errors, by how much the standard error is overestimated."""
    from scipy.special import nctdtrit, stdtrit

    return np.maximum(edge + u * stdtrit(freedom, p), u * nctdtrit(freedom, own, p))


@lru_cache(maxsize=64)
def _spreads_seen(freedom: float) -> tuple[np.ndarray, np.ndarray]:
    """Estimated over true standard deviations, and how often they are seen; sums to 1."""
    from scipy.special import chdtri, xlogy

    low = max(0.0, 1.0 - 8.0 / float(np.sqrt(2.0 * freedom)))
    high = float(np.sqrt(chdtri(freedom, 1e-13) / freedom))
    u = np.linspace(low, high, _STEPS)
    log_density = xlogy(freedom - 1.0, u) - freedom * u**2 / 2.0
    density = np.exp(log_density - log_density.max())
    density[[0, -1]] /= 2.0
    return u, density / density.sum()
