"""Verdicts on pairs of boards and groups of neurons."""

import numpy as np
import pytest

from analoop.deploy.comparison.contrasts import Margins
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


def test_equal_boards_are_found_equivalent_and_never_different() -> None:
    rng = np.random.default_rng(2)
    found = [
        verdict({n: noisy(rng, 6, 0, 0.05) for n in "ab"}, Margins()).outcome for _ in range(300)
    ]
    assert found.count("equivalent") > 150
    assert found.count("different") == 0


def test_too_few_repeats_are_undecided_and_say_how_many_more() -> None:
    rng = np.random.default_rng(4)
    found = verdict({n: noisy(rng, 2, 0, 0.1) for n in "ab"}, Margins())
    assert found.outcome == "undecided"
    assert found.more is not None
    assert found.words == f"undecided: {found.more} more repeats"
    assert found.margin_from == "repeats"


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


def test_one_silent_repeat_of_four_is_judged_by_repeats_and_not_by_spikes() -> None:
    some = np.full((4, TRIALS, 3), 20)
    once = some.copy()
    once[2] = 0
    found = verdict({"a": once, "b": some}, Margins())
    assert found.outcome == "undecided"
    assert found.replicates == "repeats"
    assert found.more is not None
    assert found.more > 4
