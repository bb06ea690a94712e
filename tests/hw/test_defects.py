"""The sampler of deaf CAM words against the three boards that were measured (chip.md 4.4)."""

import numpy as np
import pytest

from analoop.hw import DYNAPSE2, TINY, Defects, sample_defects

WORDS = DYNAPSE2.cam_words
LOW, HIGH = 0, 1


@pytest.fixture(scope="module")
def chips() -> list[Defects]:
    """Sixty chips."""
    return [sample_defects(seed, 0, DYNAPSE2) for seed in range(60)]


@pytest.fixture(scope="module")
def failing(chips: list[Defects]) -> np.ndarray:
    """Words that fail in more than 10 % of trials, [chip, core, neuron, word, half]."""
    return np.stack([chip.failure > 0.1 for chip in chips])


@pytest.fixture(scope="module")
def fraction(failing: np.ndarray) -> np.ndarray:
    """Of every core half, [chip, core, half]."""
    return failing.mean(axis=(2, 3))


def test_the_shares_of_core_halves_are_those_of_the_three_boards(fraction: np.ndarray):
    high = np.array([6, 57, 161, 23, 79, 108, 45, 203, 299, 104, 51, 57]) / 1000
    low = np.array([41, 239, 288, 223, 297, 643, 372, 234, 127]) / 1000
    usable = fraction[..., LOW][fraction[..., LOW] < 1]
    for measured, drawn in ((high, fraction[..., HIGH].ravel()), (low, usable)):
        assert np.median(drawn) == pytest.approx(np.median(measured), rel=0.25)
        assert np.mean(drawn) == pytest.approx(np.mean(measured), rel=0.25)
        outside = (drawn < measured.min() / 2) | (drawn > measured.max() * 1.3)
        assert outside.mean() < 0.1
    assert fraction[..., HIGH].max() < 1


def test_a_quarter_of_the_cores_is_unusable_for_the_lower_tags(chips, fraction: np.ndarray):
    unusable = fraction[..., LOW] == 1
    assert unusable.mean() == pytest.approx(0.25, abs=0.09)
    assert all((c.failure[u, :, :, LOW] == 1).all() for c, u in zip(chips, unusable, strict=True))


def test_both_halves_of_a_core_are_good_or_bad_together(fraction: np.ndarray):
    usable = fraction[..., LOW] < 1
    logit = np.log(fraction[usable] / (1 - fraction[usable]))
    assert np.corrcoef(logit.T)[0, 1] == pytest.approx(0.87, abs=0.08)


def test_cores_of_a_chip_differ_as_measured(fraction: np.ndarray):
    high = fraction[..., HIGH]
    cv = high.std(axis=1, ddof=1) / high.mean(axis=1)
    assert 0.5 < np.median(cv) < 0.97


def test_failures_cluster_in_neurons(failing: np.ndarray, fraction: np.ndarray):
    """Overdispersed about 6 times against a binomial, 1.1 to 19 in single core halves."""
    counts, usable = failing.sum(axis=3), fraction < 1
    binomial = WORDS * fraction * (1 - fraction)
    ratio = (counts.var(axis=2)[usable]) / binomial[usable]
    assert ratio.mean() == pytest.approx(6, abs=1.2)
    assert 0.9 < ratio.min() < 2.5 and 10 < ratio.max() < 20


def test_failures_do_not_prefer_a_word_of_a_neuron(failing: np.ndarray, fraction: np.ndarray):
    by_word = failing[..., HIGH].mean(axis=(0, 1, 2))
    assert by_word.std() / by_word.mean() < 0.03


def test_weak_rows_are_partly_those_of_every_chip(failing: np.ndarray, fraction: np.ndarray):
    """Counts per neuron correlate .45-.68 between chips, the maps of words .03-.11."""
    counts, maps = [], []
    for one in range(0, len(failing), 2):
        for core, half in np.ndindex(4, 2):
            if fraction[one : one + 2, core, half].max() < 1:
                a, b = failing[one : one + 2, core, :, :, half]
                counts.append(np.corrcoef(a.sum(1), b.sum(1))[0, 1])
                maps.append(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    assert 0.45 < np.mean(counts) < 0.68
    assert 0.03 < np.mean(maps) < 0.11


def test_rows_of_the_array_explain_most_of_what_chips_share(failing: np.ndarray):
    good = WORDS - failing[..., HIGH].sum(axis=3)  # [chip, core, neuron]
    shared = (good - good.mean(axis=2, keepdims=True)).mean(axis=0)
    rows = shared.reshape(4, 16, 16)
    assert rows.mean(axis=2).var() > 0.85 * shared.var()


def test_half_to_four_fifths_of_failing_words_are_dead(chips, failing, fraction):
    failure = np.stack([chip.failure for chip in chips])
    big = (fraction > 0.03) & (fraction < 1)
    dead = (failure == 1).sum(axis=(2, 3))[big] / failing.sum(axis=(2, 3))[big]
    assert dead.min() > 0.45 and dead.max() < 0.85
    assert dead.mean() == pytest.approx(0.65, abs=0.03)


def test_words_that_sometimes_fail_are_deaf_as_often_as_they_fail(chips: list[Defects]):
    failure = np.stack([chip.failure for chip in chips]).ravel()
    deaf = np.stack([chip.deaf for chip in chips]).ravel()
    assert deaf[failure == 1].all() and not deaf[failure == 0].any()
    sometimes = (failure > 0) & (failure < 1)
    assert failure[sometimes].min() >= 0.1
    assert deaf[sometimes].mean() == pytest.approx(failure[sometimes].mean(), abs=0.005)


def test_the_same_seed_has_the_same_defects_and_another_seed_or_chip_others():
    one, again = sample_defects(3, 1, DYNAPSE2), sample_defects(3, 1, DYNAPSE2)
    assert (one.failure == again.failure).all() and (one.deaf == again.deaf).all()
    for other in (sample_defects(4, 1, DYNAPSE2), sample_defects(3, 0, DYNAPSE2)):
        assert (one.failure != other.failure).mean() > 0.01


def test_a_chip_of_another_size_has_defects_too():
    assert sample_defects(1, 0, TINY).failure.shape == (2, 4, 3, 2)
