"""A promise about chips nobody has seen, and the verdict on it after some of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from ...models.errors import InputError
from .sequential import Boundaries, boundaries, boundaries_of

Outcome = Literal["pass", "fail", "undecided"]
EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 1, "undecided": 5}

FURTHEST = 5_000
"""Chips up to which it is worked out how many would settle a question."""

_SHARES = np.arange(1, 100) / 100
"""Shares that are tried for the bounds: whole percents."""


@dataclass(frozen=True)
class Promise:
    """At least `share` of the chips reach `accuracy`, said with `confidence`.

    Raises:
        InputError: PROMISE, with every value that makes no sense.
    """

    accuracy: float
    """What a chip has to reach, 0..1 [1]."""
    share: float = 0.9
    """Share of chips that have to, above 0 and below 1 [1]."""
    confidence: float = 0.95
    """Least probability that no pass is said if fewer do, nor a fail if as many do [1]."""

    def __post_init__(self) -> None:
        wrong = [] if 0 <= self.accuracy <= 1 else [f"accuracy {self.accuracy!r} (0..1)"]
        for name in ("share", "confidence"):
            if not 0.01 <= getattr(self, name) <= 0.999:
                wrong.append(f"{name} {getattr(self, name)!r} (0.01..0.999)")
        if wrong:
            raise InputError(f"no promise has {', '.join(wrong)}: see --help", code="PROMISE")

    def __str__(self) -> str:
        return (
            f"at least {_percent(self.share)} of chips like these reach "
            f"{_percent(self.accuracy)} accuracy, with {_percent(self.confidence)} confidence"
        )

    def kept_by(self, accuracy: float) -> bool:
        """Whether a chip of this accuracy keeps it; a share of trials, so rounding is forgiven."""
        return accuracy >= self.accuracy - 1e-9


@dataclass(frozen=True)
class Verdict:
    """What some chips say of a promise."""

    promise: Promise
    """What was promised."""
    outcome: Outcome
    """'pass' and 'fail' are each wrong with at most 1 - confidence."""
    chips: int
    """Chips that were counted; those after a verdict are not."""
    kept: int
    """Those that keep the promise."""
    at_least: float
    """With the confidence asked for, at least this share of chips would keep it [1]."""
    at_most: float
    """With the confidence asked for, at most this share of chips would keep it [1]."""
    more: int | None
    """Undecided: further chips that would settle it if they keep it as often as these; None: it is
    settled, or more than `FURTHEST` in all would be needed."""

    def __str__(self) -> str:
        shown = {"pass": "PASS", "fail": "FAIL", "undecided": "UNDECIDED"}[self.outcome]
        said = f"{shown}: {self.promise}; {self.kept} of {self.chips} did"
        if self.outcome != "undecided":
            return said
        if self.more is None:
            return f"{said}; {FURTHEST} chips would not settle it at this rate"
        return f"{said}; about {self.more} more chips would settle it at this rate"

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"said": str(self)}


def judge(accuracies: Iterable[float], promise: Promise) -> Verdict:
    """The verdict on chips in the order in which they were drawn.

    It falls at the first chip that settles the question; the chips after it are not looked at.
    """
    failed = [0]
    outcome: Outcome = "undecided"
    for accuracy in accuracies:
        failed.append(failed[-1] + (not promise.kept_by(accuracy)))
        outcome = outcome_of(len(failed) - 1, failed[-1], promise)
        if outcome != "undecided":
            break
    chips = len(failed) - 1
    more = _more(chips, failed[-1], promise) if outcome == "undecided" else None
    bounds = _bounds(np.array(failed), _alpha(promise))
    return Verdict(promise, outcome, chips, chips - failed[-1], *bounds, more)


def outcome_of(chips: int, failed: int, promise: Promise) -> Outcome:
    """The verdict on a promise when `failed` of `chips` did not keep it, and none had fallen."""
    limits = boundaries_of(promise.share, _alpha(promise), _horizon(chips))
    if failed <= limits.pass_at[chips]:
        return "pass"
    return "fail" if failed >= limits.fail_at[chips] else "undecided"


def _alpha(promise: Promise) -> float:
    return round(1.0 - promise.confidence, 12)


def _horizon(chips: int) -> int:
    """Chips for which boundaries are computed: a power of two, so that few tables are."""
    return max(128, 1 << (chips - 1).bit_length()) if chips else 128


def _more(chips: int, failed: int, promise: Promise) -> int | None:
    """Further chips until a boundary, if the share of failing ones stays."""
    if not chips:
        return int(np.argmax(boundaries_of(promise.share, _alpha(promise), 8192).pass_at >= 0))
    horizon = _horizon(2 * chips)
    while True:
        n = np.arange(chips + 1, horizon + 1)
        expected = np.rint(failed * n / chips)
        limits = boundaries_of(promise.share, _alpha(promise), horizon)
        settled = (expected <= limits.pass_at[n]) | (expected >= limits.fail_at[n])
        if settled.any():
            return int(np.argmax(settled)) + 1
        if horizon >= FURTHEST:
            return None
        horizon = min(2 * horizon, FURTHEST)


def _bounds(failed: np.ndarray, alpha: float) -> tuple[float, float]:
    """The shares that the same test, asked of every whole percent, has not ruled out: from, to.

    Args:
        failed: chips that failed, after 0, 1, ... chips.
    """
    limits = _of_percents(alpha, _horizon(len(failed) - 1))
    # A share counts as ruled out if all beyond it are, too: so the error stays that of one test.
    above = (failed <= limits.pass_at[:, : len(failed)]).any(axis=1)
    above = np.cumprod(above) > 0
    below = np.any(failed >= limits.fail_at[:, : len(failed)], axis=1)
    below = np.cumprod(below[::-1])[::-1] > 0
    return (
        float(_SHARES[above].max(initial=0.0)),
        float(_SHARES[below].min(initial=1.0)),
    )


@lru_cache(maxsize=8)
def _of_percents(alpha: float, chips: int) -> Boundaries:
    return boundaries(_SHARES, alpha, chips)


def _percent(value: float) -> str:
    return f"{100 * value:g} %"
