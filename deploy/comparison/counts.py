"""The difference of two boards of which one is silent in a whole repeat.

There is no logarithm of nothing, so the spikes themselves are compared: given all spikes of both
boards, how many of them are the second's? (A conditional binomial test, exact if spikes of a repeat
are Poisson numbers.) Repeats may vary more than Poisson numbers do. So a t test that takes their
spread as it is seen, a repeat being one number, has to agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .contrasts import Margins


class CountContrast(NamedTuple):
    """A difference of two boards that hardly spike."""

    spikes: tuple[int, int]
    """Of the two boards in all repeats."""
    replicates: tuple[int, int]
    """Repeats of the two boards."""
    dispersion: float
    """Variance of a repeat's spikes over their mean, 1 (Poisson) at least [1]."""
    freedom: int
    """Degrees of freedom of the dispersion; 0: one repeat each, Poisson is ASSUMED."""

    @property
    def paired(self) -> bool:
        """Never: a repeat is one number."""
        return False

    @property
    def log_ratio(self) -> float:
        """Second over first; half a spike more on each, so that there is a logarithm."""
        rates = [(x + 0.5) / n for x, n in zip(self.spikes, self.replicates, strict=True)]
        return float(np.log(rates[1] / rates[0]))

    @property
    def error(self) -> float:
        """Standard error of that, roughly [1]."""
        return float(np.sqrt(self.dispersion * sum(1.0 / (x + 0.5) for x in self.spikes)))

    def margin(self, margins: Margins) -> tuple[float, bool]:
        """The floor: a repeat without spikes is nothing to learn a margin from."""
        return margins.floor, False

    def p_values(self, margins: Margins) -> tuple[float, float]:
        """That the difference is at or beyond the margin, and that it is within it."""
        fewer, more = self._tails(margins.floor)
        fewer_below, more_below = self._tails(-margins.floor)
        return max(fewer, more_below), min(1.0, 2.0 * min(more, fewer_below))

    def _tails(self, log_ratio: float) -> tuple[float, float]:
        """That the second board has so few spikes, and so many, if this is the true ratio."""
        from scipy.special import stdtr
        from scipy.stats import binom

        (x, y), (n, m), ratio = self.spikes, self.replicates, float(np.exp(log_ratio))
        share = m * ratio / (n + m * ratio)
        fewer, more = float(binom.cdf(y, x + y, share)), float(binom.sf(y - 1, x + y, share))
        if not self.freedom:
            return fewer, more
        rate = (x + y) / (n + m * ratio)
        variance = self.dispersion * rate * (ratio / m + ratio**2 / n)
        t = (y / m - ratio * x / n) / np.sqrt(variance)
        seen = [float(stdtr(self.freedom, side)) for side in (t, -t)]
        return max(fewer, seen[0]), max(more, seen[1])

    def power(self, margins: Margins, alpha: float, replicates: int) -> float:
        """Of the verdict that the difference leads to, with so many repeats on each board; roughly,
        spikes as normal numbers."""
        low, high = sorted(x / n for x, n in zip(self.spikes, self.replicates, strict=True))
        ratio = float(np.exp(margins.floor))
        if high > ratio * low:
            return self._clears(high, ratio * low, ratio, alpha / 2, replicates)
        above = self._clears(ratio * low, high, ratio, alpha, replicates)
        return max(0.0, above + self._clears(ratio * high, low, ratio, alpha, replicates) - 1.0)

    def _clears(self, larger: float, smaller: float, ratio: float, alpha: float, n: int) -> float:
        """Probability that n repeats show one rate to be larger; one of them is times `ratio`."""
        from scipy.special import ndtr, stdtrit

        variance = self.dispersion * (larger + smaller) * ratio / n
        limit = -float(stdtrit(max(1, 2 * (n - 1)), alpha))
        return float(ndtr((larger - smaller) / np.sqrt(variance) - limit))


def count_contrast(one: np.ndarray, two: np.ndarray) -> CountContrast:
    """Of the spikes of two boards per repeat, int64 [repeat]; one of the two spiked at least."""
    seen = [x for x in (one, two) if x.sum() > 0]
    freedom = sum(len(x) - 1 for x in seen)
    squares = sum(float(((x - x.mean()) ** 2).sum() / x.mean()) for x in seen)
    dispersion = max(1.0, squares / freedom) if freedom else 1.0
    spikes = (int(one.sum()), int(two.sum()))
    return CountContrast(spikes, (len(one), len(two)), dispersion, freedom)
