"""Planted components come back, and the arithmetic is that of a plain reading of the model."""

import numpy as np
import pytest

from analoop.deploy.comparison.variance import split_variance

CORES = np.stack(
    [np.repeat([0, 0, 1], 96), np.repeat([0, 1, 3], 96), np.tile(np.arange(96), 3)], axis=1
)
"""Six rows on each of three cores."""


def planted(rng: np.random.Generator, boards: int, **sd: float) -> list[np.ndarray]:
    """Counts of the model itself: its effects drawn on the square roots of counts."""
    neurons, trials, repeats = len(CORES), 6, 2
    _, core = np.unique(CORES[:, :2], axis=0, return_inverse=True)
    _, row = np.unique(
        np.column_stack([CORES[:, :2], CORES[:, 2] // 16]), axis=0, return_inverse=True
    )
    mean = rng.uniform(6, 9, neurons) + rng.normal(0, sd["trial"], (trials, neurons))
    made = []
    for _ in range(boards):
        own = rng.normal(0, sd["chip"]) + rng.normal(0, sd["core"], core.max() + 1)[core.ravel()]
        own = own + rng.normal(0, sd["row"], row.max() + 1)[row.ravel()]
        own = own + rng.normal(0, sd["neuron"], neurons)
        y = mean + own + rng.normal(0, sd["residual"], (repeats, trials, neurons))
        made.append(np.round(np.maximum(y, 0) ** 2).astype(np.int64))
    return made


def test_planted_components_are_recovered() -> None:
    sd = {"chip": 0.6, "core": 0.5, "row": 0.25, "neuron": 0.5, "trial": 0.8, "residual": 0.35}
    rng = np.random.default_rng(1)
    found = [split_variance(planted(rng, 8, **sd), CORES).components for _ in range(100)]
    few = {"chip": 0.25, "core": 0.15}  # a draw has eight chips and 24 cores only
    for name, value in sd.items():
        mean = np.mean([components[name] for components in found])
        assert mean == pytest.approx(value**2, rel=few.get(name, 0.06)), name


def test_nothing_but_poisson_noise_is_all_residual() -> None:
    rng = np.random.default_rng(2)
    counts = [rng.poisson(30, (5, 12, len(CORES))) for _ in range(4)]
    split = split_variance(counts, CORES)
    assert split.components["residual"] == pytest.approx(0.25, rel=0.02)
    assert split.shares["residual"] > 0.98
    assert sum(split.shares.values()) == pytest.approx(1)


def test_boards_without_noise_that_are_alike_have_nothing_but_trials() -> None:
    counts = np.random.default_rng(3).poisson(20, (1, 12, len(CORES)))
    split = split_variance([counts, counts, counts], CORES)
    assert split.shares["trial"] == pytest.approx(1)


def test_a_negative_estimate_is_set_to_nothing_and_named() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        split = split_variance([rng.poisson(30, (3, 8, len(CORES))) for _ in range(3)], CORES)
        assert min(split.components.values()) >= 0
        for name in split.negative:
            assert split.components[name] == 0
        if split.negative:
            return
    raise AssertionError("twenty draws without any spread never fell below zero")


def test_silent_neurons_are_left_out_and_boards_may_have_other_numbers_of_repeats() -> None:
    rng = np.random.default_rng(4)
    counts = [rng.poisson(30, (n, 12, len(CORES))) for n in (2, 5, 3)]
    for board in counts:
        board[:, :, :50] = 0
    split = split_variance(counts, CORES)
    assert split.neurons == len(CORES) - 50
    assert split.components["residual"] == pytest.approx(0.25, rel=0.03)
    nothing = split_variance([np.zeros((1, 2, 3), np.int64)] * 2, CORES[:3])
    assert nothing.neurons == 0
    assert set(nothing.shares.values()) == {0.0}
