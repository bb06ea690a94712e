"""Verdicts hold their error rates, and the number of repeats they ask for is enough."""

import numpy as np
import pytest

from analoop.deploy.comparison.contrasts import Contrast, Margins, more_replicates
from analoop.deploy.comparison.equivalence import Equivalence, equivalences

ALL = {"all": np.arange(3)}
TRIALS = 6


def noisy(rng: np.random.Generator, repeats: int, log_mean: float, spread: float) -> np.ndarray:
    """Counts whose sum over trials and neurons is log-normal from repeat to repeat."""
    total = np.exp(rng.normal(np.log(2e6) + log_mean, spread, repeats)) / (TRIALS * 3)
    return np.tile(np.round(total).astype(np.int64)[:, None, None], (1, TRIALS, 3))


def verdict(counts: dict[str, np.ndarray], margins: Margins) -> Equivalence:
    (found,) = equivalences(counts, ALL, margins)
    return found


@pytest.mark.parametrize(("floor", "spread"), [(0.05, 0.01), (0.01, 0.04)])
def test_a_difference_at_the_margin_is_called_neither_too_often(
    floor: float, spread: float
) -> None:
    rng, margins = np.random.default_rng(1), Margins(floor)
    edge = max(floor, margins.spreads * spread)
    found = [
        verdict({"a": noisy(rng, 5, 0, spread), "b": noisy(rng, 5, edge, spread)}, margins).outcome
        for _ in range(600)
    ]
    # A binomial of 600 at .05 stays under .075 but once in 300 times.
    assert found.count("equivalent") / len(found) < 0.075
    assert found.count("different") / len(found) < 0.075


def test_equal_boards_are_found_equivalent_and_never_different() -> None:
    rng = np.random.default_rng(2)
    found = [
        verdict({n: noisy(rng, 6, 0, 0.05) for n in "ab"}, Margins()).outcome for _ in range(300)
    ]
    assert found.count("equivalent") > 150
    assert found.count("different") == 0


def test_as_many_more_repeats_as_asked_for_decide_with_the_stated_power() -> None:
    rng, margins, spread = np.random.default_rng(3), Margins(0.05), 0.06
    contrast = Contrast(0.02, spread, (3, 3), 4, False)
    more = more_replicates(contrast, margins)
    assert more is not None
    found = [
        verdict(
            {"a": noisy(rng, 3 + more, 0, spread), "b": noisy(rng, 3 + more, 0.02, spread)}, margins
        ).outcome
        for _ in range(400)
    ]
    assert found.count("equivalent") / len(found) > 0.7
    fewer = max(2, (3 + more) // 2)
    early = [
        verdict({"a": noisy(rng, fewer, 0, spread), "b": noisy(rng, fewer, 0.02, spread)}, margins)
        for _ in range(200)
    ]
    assert np.mean([v.outcome == "equivalent" for v in early]) < 0.75


def test_too_few_repeats_are_undecided_and_say_how_many_more() -> None:
    rng = np.random.default_rng(4)
    found = verdict({n: noisy(rng, 2, 0, 0.1) for n in "ab"}, Margins())
    assert found.outcome == "undecided"
    assert found.more is not None
    assert found.words == f"undecided: {found.more} more repeats"
    assert found.margin_from == "repeats"


def test_a_difference_at_the_margin_itself_has_no_end() -> None:
    contrast = Contrast(0.05, 0.001, (4, 4), 6, False)
    assert more_replicates(contrast, Margins(0.05)) is None


def test_boards_without_noise_are_judged_over_the_trials_by_the_floor() -> None:
    base = np.random.default_rng(5).poisson(200, (1, 40, 3))
    found = equivalences({"a": base, "b": base, "c": base * 2}, ALL, Margins())
    assert [v.outcome for v in found] == ["equivalent", "different", "different"]
    assert {v.replicates for v in found} == {"trials"}
    assert {v.margin for v in found} == {Margins().floor}
    assert found[1].log_ratio == pytest.approx(np.log(2))


def test_many_pairs_of_equal_boards_are_seldom_called_different_at_all() -> None:
    rng = np.random.default_rng(6)
    wrong = 0
    for _ in range(60):
        counts = {name: noisy(rng, 4, 0, 0.05) for name in "abcd"}
        wrong += any(v.outcome == "different" for v in equivalences(counts, ALL, Margins()))
    assert wrong <= 6  # of 60 at .05: 3, more than 6 once in 30 times


def test_groups_that_never_spike_are_silent_and_one_that_stopped_is_different() -> None:
    none, some = np.zeros((3, TRIALS, 3), np.int64), np.full((3, TRIALS, 3), 20)
    assert verdict({"a": none, "b": none}, Margins()).outcome == "silent"
    assert verdict({"a": some, "b": none}, Margins()).outcome == "different"
