"""Groups that are silent in a whole repeat are compared by counting."""

from collections.abc import Callable

import numpy as np
import pytest

from analoop.deploy.comparison.contrasts import Margins, more_replicates
from analoop.deploy.comparison.counts import CountContrast, count_contrast

Draw = Callable[[np.random.Generator, float, int], np.ndarray]


def poisson(rng: np.random.Generator, mean: float, repeats: int) -> np.ndarray:
    return rng.poisson(mean, repeats)


def bursty(rng: np.random.Generator, mean: float, repeats: int) -> np.ndarray:
    """Variance a dozen times the mean."""
    return rng.negative_binomial(0.5, 0.5 / (0.5 + mean), repeats)


def dropping(rng: np.random.Generator, mean: float, repeats: int) -> np.ndarray:
    """Every fourth repeat came to nothing."""
    return rng.poisson(100 * mean, repeats) * (rng.random(repeats) > 0.25)


@pytest.mark.parametrize("draw", [poisson, bursty, dropping])
@pytest.mark.parametrize("repeats", [4, 8])
def test_a_difference_at_the_margin_is_called_neither_too_often(draw: Draw, repeats: int) -> None:
    rng, margins = np.random.default_rng(repeats), Margins()
    pairs = [(draw(rng, 4.0, repeats), draw(rng, 4.0 * np.exp(0.05), repeats)) for _ in range(600)]
    found = [count_contrast(a, b).p_values(margins) for a, b in pairs if a.any() or b.any()]
    same, apart = np.mean(np.less(found, 0.05), axis=0)
    assert same < 0.075
    assert apart < 0.075  # a binomial of 600 at .05 is above that once in 300 times


def test_a_repeat_that_came_to_nothing_does_not_make_sound_repeats_sure() -> None:
    once = count_contrast(np.array([360, 0, 361, 359]), np.array([360, 361, 362, 360]))
    assert once.freedom == 6
    assert min(once.p_values(Margins())) > 0.2


def test_a_few_spikes_against_none_are_not_yet_a_difference_and_many_are() -> None:
    none = np.zeros(3, np.int64)
    assert count_contrast(none, np.array([1, 1, 0])).p_values(Margins())[1] > 0.3
    assert count_contrast(none, np.array([20, 23, 18])).p_values(Margins())[1] < 0.05
    assert count_contrast(np.array([300]), np.array([0])).p_values(Margins())[1] < 1e-9


def test_counts_that_are_alike_are_equivalent_within_a_wide_margin() -> None:
    one, two = np.array([30, 0, 31, 29] * 6), np.array([0, 31, 29, 30] * 6)
    assert count_contrast(one, two).p_values(Margins(1.5))[0] < 0.05


@pytest.mark.parametrize("spikes", [(0, 12), (1, 12), (5, 12)])
def test_as_many_more_repeats_as_asked_for_find_the_difference(spikes: tuple[int, int]) -> None:
    rng, margins = np.random.default_rng(3), Margins()
    more = more_replicates(CountContrast(spikes, (4, 4), 1.0, 6), margins)
    assert more is not None
    counts = (rng.poisson(np.array(spikes)[:, None] / 4, (2, 4 + more)) for _ in range(600))
    found = [count_contrast(*pair).p_values(margins)[1] < 0.05 for pair in counts]
    assert np.mean(found) > 0.75
