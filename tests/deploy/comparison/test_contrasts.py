"""Verdicts hold their error rates, and the number of replicates they ask for is enough."""

import numpy as np
import pytest

from analoop.deploy.comparison.contrasts import MOST, Contrast, Margins, more_replicates
from analoop.deploy.comparison.counts import CountContrast
from analoop.models import InputError

FLOOR = Margins().floor
DRAWS = 2000
UNLUCKY = 0.064
"""A binomial of 2,000 at .05 is above that once in 400 times."""


def drawn(
    rng: np.random.Generator, replicates: int, away: float, spread: float, times: int = DRAWS
) -> list[Contrast]:
    """Contrasts of two boards whose repeats are log-normal."""
    one, two = rng.normal([[[0.0]], [[away]]], spread, (2, times, replicates))
    spreads = np.sqrt((one.var(axis=1, ddof=1) + two.var(axis=1, ddof=1)) / 2)
    differences, n = two.mean(axis=1) - one.mean(axis=1), replicates
    return [
        Contrast(float(d), float(s), (n, n), 2 * n - 2, False)
        for d, s in zip(differences, spreads, strict=True)
    ]


def decided(contrasts: list[Contrast]) -> tuple[float, float]:
    """Shares that are called equivalent, and different."""
    same, apart = np.mean([np.less(c.p_values(Margins()), 0.05) for c in contrasts], axis=0)
    return float(same), float(apart)


@pytest.mark.parametrize("replicates", [2, 3, 5])
@pytest.mark.parametrize("spread", [0.002, 0.018, 0.025, 0.028, 0.032, 0.04, 0.1])
def test_a_difference_at_the_margin_is_called_neither_too_often(
    spread: float, replicates: int
) -> None:
    """Where the margin goes from the floor to two standard deviations, too: at .025."""
    rng = np.random.default_rng([replicates, int(spread * 1000)])
    edge = max(FLOOR, 2.0 * spread)
    same, apart = decided(drawn(rng, replicates, edge, spread))
    assert same < UNLUCKY
    assert apart < UNLUCKY


def test_both_margins_together_have_the_stated_level_where_they_are_the_same() -> None:
    """No test that errs less often than it may gives away power."""
    same, _ = decided(drawn(np.random.default_rng(1), 4, FLOOR, FLOOR / 2.0, 4000))
    assert same == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize(
    ("away", "spread", "now"),
    [(0.0, 0.02, 2), (0.02, 0.06, 3), (0.03, 0.03, 3), (0.09, 0.02, 2), (0.3, 0.06, 2)],
)
def test_as_many_more_repeats_as_asked_for_decide_with_the_stated_power(
    away: float, spread: float, now: int
) -> None:
    more = more_replicates(Contrast(away, spread, (now, now), 2 * now - 2, False), Margins())
    assert more is not None
    rng = np.random.default_rng([now, int(away * 100)])
    enough = max(decided(drawn(rng, now + more, away, spread)))
    assert enough > 0.77
    if more > 1:
        assert max(decided(drawn(rng, now + more - 1, away, spread))) < 0.83


def test_as_many_more_trials_as_asked_for_find_equal_boards_equivalent() -> None:
    spread = 0.15
    more = more_replicates(Contrast(0.0, spread, (40, 40), 39, True), Margins())
    assert more is not None
    trials = 40 + more
    played = np.random.default_rng(2).normal(0, spread * np.sqrt(2), (DRAWS, trials))
    contrasts = [
        Contrast(
            float(x.mean()), float(x.std(ddof=1) / np.sqrt(2)), (trials, trials), trials - 1, True
        )
        for x in played
    ]
    assert decided(contrasts)[0] == pytest.approx(0.8, abs=0.03)


def test_a_difference_at_the_margin_itself_has_no_end() -> None:
    assert more_replicates(Contrast(0.05, 0.001, (4, 4), 6, False), Margins()) is None


@pytest.mark.parametrize("floor", [float("nan"), float("inf"), -1.0, -1e-9, 1e300])
def test_a_floor_that_would_make_any_verdict_is_refused(floor: float) -> None:
    with pytest.raises(InputError, match="no margins have floor") as caught:
        Margins(floor)
    assert caught.value.code == "MARGINS"


def test_every_margin_that_makes_no_sense_is_named_at_once() -> None:
    with pytest.raises(InputError, match=r"floor -1.*spreads inf.*alpha 1"):
        Margins(-1, float("inf"), 1.0)


@pytest.mark.parametrize("floor", [0.0, MOST])
@pytest.mark.parametrize(
    "found", [Contrast(0.1, 0.02, (3, 3), 4, False), CountContrast((0, 9), (3, 3), 1.0, 2)]
)
def test_the_least_and_the_largest_floor_give_probabilities(
    found: Contrast | CountContrast, floor: float
) -> None:
    assert all(0 <= p <= 1 for p in found.p_values(Margins(floor)))
