"""Are two boards equivalent, different, or is it too early to say?

One number per pair of boards and group of neurons: how much the natural logarithm of the group's
mean spike count differs. The margin within which boards count as equivalent is learned from the
boards: `spreads` standard deviations of what one board shows from one repeat to the next, but never
less than a floor (ASSUMED, not measured). Equivalent: two one-sided tests (Schuirmann) both reject
a difference at the margin. Different: a one-sided test rejects that the difference is within it.
Else undecided, with how many more repeats would decide with a power of .8 if the difference is what
it seems. Where the margin is learned its own uncertainty is in the test (noncentral t).

Replicates are the repeats. Where no board has any spread between repeats (one repeat each, or
boards without noise) they are the trials of the stimulus, paired, and the floor is the margin: the
answer is then about other stimuli like these, not about noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np

from .multiplicity import holm

POWER = 0.8
"""With which an undecided comparison would be decided by the replicates it is told to add [1]."""
MOST_MORE = 10_000
"""More replicates than this are not worth counting."""

Outcome = Literal["equivalent", "different", "undecided", "silent"]


@dataclass(frozen=True)
class Margins:
    """What counts as equivalent."""

    floor: float = 0.05
    """Least margin, as a natural logarithm of the ratio of counts (.05 is about 5 %); ASSUMED."""
    spreads: float = 2.0
    """Margin in standard deviations of one board's repeats [1]."""
    alpha: float = 0.05
    """Probability of any wrong answer among all of a kind, after Holm [1]."""


@dataclass(frozen=True)
class Equivalence:
    """The verdict on one pair of boards and one group of neurons."""

    first: str
    """A board."""
    second: str
    """Another."""
    group: str
    """The population or core."""
    log_ratio: float
    """Logarithm of the second board's mean count over the first's [1]."""
    error: float
    """Standard error of it [1]."""
    margin: float
    """Largest difference that counts as none [1]."""
    margin_from: Literal["repeats", "floor"]
    """Whether the margin was learned from repeats or is the assumed floor."""
    replicates: Literal["repeats", "trials"]
    """What the error comes from."""
    p_equivalent: float
    """Of a difference at the margin or beyond, Holm [1]."""
    p_different: float
    """Of a difference within the margin, Holm [1]."""
    outcome: Outcome
    """The verdict; 'silent': neither board's group spiked."""
    more: int | None = None
    """Replicates to add on each board, where undecided; None: decided, or beyond MOST_MORE."""

    @property
    def words(self) -> str:
        """The verdict as people say it."""
        if self.outcome != "undecided":
            return self.outcome
        unit = "repeats" if self.replicates == "repeats" else "trials"
        return f"undecided: {self.more if self.more else f'over {MOST_MORE}'} more {unit}"

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"words": self.words}


class Contrast(NamedTuple):
    """A difference of two boards and what is known of its error."""

    log_ratio: float
    """Second over first."""
    spread: float
    """Standard deviation of one replicate's difference from the other's, over sqrt(2) if paired
    ones are meant too: error = spread * sqrt(1/n + 1/m)."""
    replicates: tuple[int, int]
    """Replicates of the two boards."""
    freedom: float
    """Degrees of freedom of the spread."""
    paired: bool
    """Whether the replicates are trials."""

    @property
    def error(self) -> float:
        """Standard error [1]."""
        n, m = self.replicates
        return self.spread * float(np.sqrt(1.0 / n + 1.0 / m))


def equivalences(
    counts: Mapping[str, np.ndarray], groups: Mapping[str, np.ndarray], margins: Margins
) -> tuple[Equivalence, ...]:
    """Every pair of boards in every group.

    Args:
        counts: of each board by name, [repeat, trial, neuron].
        groups: neurons of each group by name, bool [neuron] or indices.
    """
    cases, contrasts = [], []
    for group, members in groups.items():
        sums = {name: c[:, :, members].sum(axis=2) for name, c in counts.items()}
        by_repeat = any(len(s) > 1 and np.ptp(s.sum(axis=1)) > 0 for s in sums.values())
        for one, two in combinations(sums, 2):
            cases.append((one, two, group))
            contrasts.append(_contrast(sums[one], sums[two], by_repeat))
    tested = [_p_values(c, margins) for c in contrasts]
    same = holm([t[0] for t in tested])
    apart = holm([t[1] for t in tested])
    asked = max(1, sum(c is not None for c in contrasts))
    return tuple(
        _verdict(case, contrast, (same[k], apart[k]), margins, asked)
        for k, (case, contrast) in enumerate(zip(cases, contrasts, strict=True))
    )


def _contrast(one: np.ndarray, two: np.ndarray, by_repeat: bool) -> Contrast | None:
    """Of two boards' counts [repeat, trial]; None: neither spiked, or only one did."""
    totals = [s.sum(axis=1) for s in (one, two)]
    if min(t.min() for t in totals) == 0:
        return None if max(t.max() for t in totals) == 0 else _one_sided(one, two)
    if by_repeat and len(one) + len(two) > 2:
        logs = [np.log(t) for t in totals]
        freedom = len(one) + len(two) - 2
        squares = sum(float(((x - x.mean()) ** 2).sum()) for x in logs)
        ratio = float(logs[1].mean() - logs[0].mean())
        spread = float(np.sqrt(squares / freedom))
        return Contrast(ratio, spread, (len(one), len(two)), freedom, False)
    means = [s.mean(axis=0) for s in (one, two)]
    relative = means[1] / means[1].mean() - means[0] / means[0].mean()
    trials = len(relative)
    spread = float(relative.std(ddof=1) / np.sqrt(2)) if trials > 1 else np.inf
    ratio = float(np.log(means[1].mean() / means[0].mean()))
    return Contrast(ratio, spread, (trials, trials), max(1, trials - 1), True)


def _one_sided(one: np.ndarray, two: np.ndarray) -> Contrast:
    """One of the groups is silent in a whole repeat: half a spike stands for none."""
    logs = [np.log(s.sum() / len(s) + 0.5) for s in (one, two)]
    spread = float(np.sqrt(1.0 / max(one.sum(), two.sum(), 1)))
    return Contrast(float(logs[1] - logs[0]), spread, (1, 1), one.shape[1], True)


def margin_of(contrast: Contrast, margins: Margins) -> tuple[float, bool]:
    """The margin of a contrast, and whether it was learned."""
    learned = margins.spreads * contrast.spread
    if contrast.paired or learned <= margins.floor:
        return margins.floor, False
    return learned, True


def _p_values(contrast: Contrast | None, margins: Margins) -> tuple[float, float]:
    """That the difference is at or beyond the margin, and that it is within it."""
    from scipy.special import nctdtr, stdtr

    if contrast is None:
        return np.nan, np.nan
    margin, learned = margin_of(contrast, margins)
    size, error = abs(contrast.log_ratio), max(contrast.error, 1e-12)
    # Scaled by its error, a learned margin does not hang on the spread: it is a noncentrality.
    t, edge, freedom = size / error, margin / error, contrast.freedom
    if learned:
        below, opposite = nctdtr(freedom, edge, t), nctdtr(freedom, edge, -t)
        return float(below), float(min(1.0, 1.0 - below + opposite))
    tails = stdtr(freedom, edge - t) + stdtr(freedom, -t - edge)
    return float(stdtr(freedom, t - edge)), float(min(1.0, tails))


def _verdict(
    case: tuple[str, str, str],
    contrast: Contrast | None,
    p: tuple[float, float],
    margins: Margins,
    asked: int,
) -> Equivalence:
    if contrast is None:
        return Equivalence(*case, 0.0, 0.0, margins.floor, "floor", "trials", 1.0, 1.0, "silent")
    margin, learned = margin_of(contrast, margins)
    outcome: Outcome = "undecided"
    if p[0] < margins.alpha:
        outcome = "equivalent"
    elif p[1] < margins.alpha:
        outcome = "different"
    more = more_replicates(contrast, margins, asked) if outcome == "undecided" else None
    return Equivalence(
        *case,
        contrast.log_ratio,
        contrast.error,
        margin,
        "repeats" if learned else "floor",
        "trials" if contrast.paired else "repeats",
        float(p[0]),
        float(p[1]),
        outcome,
        more,
    )


def more_replicates(contrast: Contrast, margins: Margins, asked: int = 1) -> int | None:
    """Replicates to add on each board so that the verdict falls with a power of .8, if the
    difference and the spread are what they seem; None: more than MOST_MORE.

    Args:
        asked: comparisons that share the error rate (all of them, as Holm's first step does).
    """
    now = min(contrast.replicates)
    alpha = margins.alpha / asked
    low, high = 1, 1
    while _power(contrast, margins, alpha, now + high) < POWER:
        low, high = high, high * 2
        if low > MOST_MORE:
            return None
    while low < high:
        middle = (low + high) // 2
        if _power(contrast, margins, alpha, now + middle) < POWER:
            low = middle + 1
        else:
            high = middle
    return high if high <= MOST_MORE else None


def _power(contrast: Contrast, margins: Margins, alpha: float, replicates: int) -> float:
    """Of the verdict that the difference leads to; the noncentral t as a normal with the spread
    that the estimated standard deviation adds (Johnson and Welch)."""
    from scipy.special import ndtr, stdtrit

    margin, learned = margin_of(contrast, margins)
    freedom = replicates - 1 if contrast.paired else 2 * (replicates - 1)
    error = contrast.spread * np.sqrt(2.0 / replicates)
    ahead = abs(abs(contrast.log_ratio) - margin) / max(error, 1e-12)
    limit = -float(stdtrit(max(1, freedom), alpha))
    if not learned:
        return float(ndtr(ahead - limit))
    widened = np.sqrt(1.0 + (margin / error) ** 2 / (2.0 * max(1, freedom)))
    return float(ndtr(ahead - limit * widened) if ahead > 0 else 0.0)
