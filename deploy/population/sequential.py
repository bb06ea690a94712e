"""An exact sequential test of a share, that may be looked at after every chip and go on for ever.

Chips keep a promise or they do not; the question is whether at least a share p0 of them does. After
every chip the number that failed is held against two boundaries, computed exactly from the binomial
law (no approximation) with an error that is spent little by little (Gandy, JASA 104, 2009):

    P(pass is ever said after at most n chips, if p = p0) <= alpha n / (n + h)
    P(fail is ever said after at most n chips, if p = p0) <= alpha n / (n + h)
    h = PACE / (1 - p0)

A smaller p makes a pass rarer and a larger one a fail, so either error is at most alpha whenever,
and for whatever reason, somebody stops; chips may be added later and the promise still holds.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

PACE = 2.0
"""How late the error is spent, in failures that p0 allows for: chosen for few chips at shares of
failing chips from none to twice the allowed one (docs/validation.md)."""

NEVER = -1
"""A boundary that cannot be reached yet."""


class Boundaries(NamedTuple):
    """Failures at which a verdict falls; [share, chips]; column n is after n chips."""

    pass_at: np.ndarray
    """Pass with this many failures or fewer; NEVER before a pass is possible."""
    fail_at: np.ndarray
    """Fail with this many failures or more; n + 1 before a fail is possible."""


def boundaries(shares: np.ndarray, alpha: float, chips: int) -> Boundaries:
    """Boundaries of the tests of several shares, after 0 to `chips` chips.

    Args:
        shares: p0 of each test, above 0 and below 1 [1].
        alpha: largest probability of a wrong pass, and of a wrong fail [1].
    """
    shares = np.asarray(shares, np.float64)
    rows = np.arange(len(shares))
    failing = (1.0 - shares)[:, None]
    passes = np.full((len(shares), chips + 1), NEVER)
    fails = np.tile(np.arange(1, chips + 2), (len(shares), 1))
    for_pass, for_fail = (_certain(len(shares), chips) for _ in range(2))
    spent_pass, spent_fail = np.zeros(len(shares)), np.zeros(len(shares))
    for n in range(1, chips + 1):
        may = alpha * n / (n + PACE / (1.0 - shares))
        _one_more(for_pass, failing, n)
        below = np.cumsum(for_pass[:, : n + 1], axis=1)
        count = (below <= (may - spent_pass)[:, None]).sum(axis=1)
        passes[:, n] = count - 1
        spent_pass += np.where(count > 0, below[rows, count - 1], 0.0)
        for_pass[:, : n + 1][np.arange(n + 1) < count[:, None]] = 0.0
        _one_more(for_fail, failing, n)
        above = np.cumsum(for_fail[:, n::-1], axis=1)
        count = (above <= (may - spent_fail)[:, None]).sum(axis=1)
        fails[:, n] = n + 1 - count
        spent_fail += np.where(count > 0, above[rows, count - 1], 0.0)
        for_fail[:, : n + 1][np.arange(n + 1) > n - count[:, None]] = 0.0
    return Boundaries(passes, fails)


def _certain(tests: int, chips: int) -> np.ndarray:
    """Probability of every number of failures before the first chip, [test, failures]."""
    law = np.zeros((tests, chips + 2))
    law[:, 0] = 1.0
    return law


def _one_more(law: np.ndarray, failing: np.ndarray, n: int) -> None:
    """The law of the failures of n chips from that of n - 1, in place."""
    law[:, 1 : n + 1] = law[:, 1 : n + 1] * (1.0 - failing) + law[:, :n] * failing
    law[:, :1] *= 1.0 - failing


@lru_cache(maxsize=32)
def boundaries_of(share: float, alpha: float, chips: int) -> Boundaries:
    """Boundaries of one test, [chips]; computed once."""
    both = boundaries(np.array([share]), alpha, chips)
    return Boundaries(*(array[0] for array in both))
