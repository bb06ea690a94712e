"""Are two boards equivalent, different, or is it too early to say?

One number per pair of boards and group of neurons: how much the natural logarithm of the group's
mean spike count differs. The margin within which boards count as equivalent is learned from the
boards: `spreads` standard deviations of what one board shows from one repeat to the next, but never
less than a floor (ASSUMED, not measured). Equivalent: two one-sided tests (Schuirmann) both reject
a difference at the margin. Different: a one-sided test rejects that the difference is within it.
Else undecided, with how many more repeats would decide with a power of .8 if the difference is what
it seems. That the learned margin is an estimate is in the tests (contrasts.py).

Replicates are the repeats. Where no board has any spread between repeats (one repeat each, or
boards without noise) they are the trials of the stimulus, paired, and the floor is the margin: the
answer is then about other stimuli like these, not about noise. Where a board is silent in a whole
repeat, spikes are counted (counts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from .contrasts import MOST_MORE, Contrast, Difference, Margins, more_replicates
from .counts import count_contrast
from .multiplicity import holm

Outcome = Literal["equivalent", "different", "undecided", "silent"]


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
    """Standard error of it [1]; infinite: a single trial says nothing of it."""
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
        """As JSON values; an error that is infinite is null."""
        error = self.error if np.isfinite(self.error) else None
        return asdict(self) | {"error": error, "words": self.words}


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
    tested = [(np.nan, np.nan) if c is None else c.p_values(margins) for c in contrasts]
    same = holm([t[0] for t in tested])
    apart = holm([t[1] for t in tested])
    asked = max(1, sum(c is not None for c in contrasts))
    return tuple(
        _verdict(case, contrast, (same[k], apart[k]), margins, asked)
        for k, (case, contrast) in enumerate(zip(cases, contrasts, strict=True))
    )


def _contrast(one: np.ndarray, two: np.ndarray, by_repeat: bool) -> Difference | None:
    """Of two boards' counts [repeat, trial]; None: neither spiked."""
    totals = [s.sum(axis=1) for s in (one, two)]
    if min(t.min() for t in totals) == 0:
        return None if max(t.max() for t in totals) == 0 else count_contrast(*totals)
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


def _verdict(
    case: tuple[str, str, str],
    found: Difference | None,
    p: tuple[float, float],
    margins: Margins,
    asked: int,
) -> Equivalence:
    if found is None:
        return Equivalence(*case, 0.0, 0.0, margins.floor, "floor", "trials", 1.0, 1.0, "silent")
    margin, learned = found.margin(margins)
    outcome: Outcome = "undecided"
    if p[0] < margins.alpha:
        outcome = "equivalent"
    elif p[1] < margins.alpha:
        outcome = "different"
    more = more_replicates(found, margins, asked) if outcome == "undecided" else None
    return Equivalence(
        *case,
        found.log_ratio,
        found.error,
        margin,
        "repeats" if learned else "floor",
        "trials" if found.paired else "repeats",
        float(p[0]),
        float(p[1]),
        outcome,
        more,
    )
