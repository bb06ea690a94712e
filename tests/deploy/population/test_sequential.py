"""The sequential test: its errors are what it says, worked out path by path and by simulation."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from analoop.deploy.population.sequential import PACE, Boundaries, boundaries, boundaries_of


def chances(limits: Boundaries, share: float, chips: int) -> tuple[float, float, float]:
    """Probability of a pass and of a fail within so many chips, and the mean number of them, when
    each keeps the promise with this probability."""
    law, passed, failed, drawn = np.array([1.0]), 0.0, 0.0, 0.0
    for n in range(1, chips + 1):
        drawn += law.sum()
        law = np.append(law * share, 0.0) + np.append(0.0, law * (1 - share))
        count = np.arange(n + 1)
        well, badly = count <= limits.pass_at[n], count >= limits.fail_at[n]
        passed, failed = passed + law[well].sum(), failed + law[badly].sum()
        law[well | badly] = 0.0
    return passed, failed, drawn


def test_the_error_spent_is_that_of_every_path_counted_one_by_one():
    """Twelve chips have 4,096 histories: all of them, in exact fractions."""
    chips, alpha, p0 = 12, 0.2, 0.5
    limits = boundaries_of(p0, alpha, chips)
    wrong = {"pass": Fraction(0), "fail": Fraction(0)}
    for path in product((0, 1), repeat=chips):
        failed = np.cumsum((0, *path))
        n = np.arange(chips + 1)
        wrong["pass"] += Fraction(int((failed <= limits.pass_at).any()), 2**chips)
        wrong["fail"] += Fraction(int((failed >= limits.fail_at)[n].any()), 2**chips)
    may = alpha * chips / (chips + PACE / (1 - p0))
    assert may / 3 < wrong["pass"] <= may
    assert may / 3 < wrong["fail"] <= may


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_a_verdict_is_wrong_no_more_often_than_promised_whenever_one_stops(share, confidence):
    """At the share that is hardest to tell, which is the promised one."""
    alpha = 1 - confidence
    limits = boundaries_of(share, alpha, 500)
    passed, failed, _ = chances(limits, share, 500)
    assert 0.5 * alpha < passed <= alpha
    assert 0.5 * alpha < failed <= alpha


@given(st.floats(0.05, 0.95), st.floats(0.01, 0.3))
def test_away_from_the_promised_share_a_wrong_verdict_is_rarer(share: float, alpha: float):
    limits = boundaries(np.array([share]), alpha, 60)
    one = Boundaries(limits.pass_at[0], limits.fail_at[0])
    for fewer in (0.5 * share, 0.9 * share):
        assert chances(one, fewer, 60)[0] <= alpha
    for more in (1 - 0.5 * (1 - share), 1 - 0.9 * (1 - share)):
        assert chances(one, more, 60)[1] <= alpha


def test_boundaries_for_more_chips_begin_with_those_for_fewer():
    """So that chips can be added later, and the promise still holds."""
    few, many = (boundaries_of(0.9, 0.05, chips) for chips in (40, 300))
    assert np.array_equal(few.pass_at, many.pass_at[:41])
    assert np.array_equal(few.fail_at, many.fail_at[:41])


def fixed_design(share: float, true: float, alpha: float, power: float) -> int:
    """Chips of the smallest fixed number that passes with this power, by the binomial law."""
    for chips in range(5, 2000):
        allowed = int(binom.ppf(alpha, chips, 1 - share))
        while allowed >= 0 and binom.cdf(allowed, chips, 1 - share) > alpha:
            allowed -= 1
        if allowed >= 0 and binom.cdf(allowed, chips, 1 - true) >= power:
            return chips
    raise AssertionError


@pytest.mark.parametrize(("true", "limit"), [(0.97, 200), (0.98, 150), (0.99, 120)])
def test_stopping_early_needs_fewer_chips_than_a_fixed_number_of_the_same_power(true, limit):
    passed, _, drawn = chances(boundaries_of(0.9, 0.05, limit), true, limit)
    assert drawn < fixed_design(0.9, true, 0.05, passed)


def test_a_hopeless_program_fails_after_a_handful_of_chips():
    limits = boundaries_of(0.9, 0.05, 50)
    assert (np.arange(51) >= limits.fail_at)[:5].any()
