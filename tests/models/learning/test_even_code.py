"""Weights of few bits: the seed paper's rounding leaves them as they are, and a core holds them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy.training import chip_levels
from analoop.models.learning.even_code import even_levels, within
from analoop.models.learning.perturbation import quantized
from analoop.models.learning.student import Student


def any_levels(magnitudes: np.ndarray) -> np.ndarray:
    """Of a core whose currents have any value."""
    return np.concatenate([[0.0], magnitudes])


def coded(w: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Each weight at the nearest level that its sign has."""
    nearest = np.abs(np.abs(w)[..., None] - levels).argmin(-1)
    return within(torch.tensor(np.sign(w) * levels[nearest]), torch.tensor(levels)).numpy()


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 4), st.integers(0, 100), st.sampled_from([1e-9, 1.0]))
def test_rounding_to_as_many_bits_leaves_them_as_they_are(bits: int, seed: int, unit: float):
    w = np.random.default_rng(seed).normal(0, unit, (40, 30))
    levels = even_levels(np.abs(w), bits, any_levels)
    steps = np.arange(2 ** (bits - 1) + 1)
    np.testing.assert_allclose(levels, steps * levels[1], rtol=1e-12)
    held = coded(w, levels)
    assert held.max() == levels[-1] and held.min() == -levels[-2]
    rounded = quantized(Student("chip", "any", {"w": held}, {}), bits, ("w",)).arrays["w"]
    np.testing.assert_allclose(rounded, held, rtol=1e-9)


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_a_core_holds_them(bits: int):
    w = np.abs(np.random.default_rng(bits).normal(0, 5e-9, 500))
    levels = even_levels(w, bits, chip_levels)
    held = chip_levels(levels[1:])  # as `compile` finds them
    assert levels[0] == 0 and (np.abs(held - levels[1:, None]).min(1) < 1e-3 * levels[1:]).all()
    wanted = even_levels(w, bits, any_levels)
    np.testing.assert_allclose(levels, wanted, rtol=0.02)


def test_no_other_step_fits_better():
    w = np.abs(np.random.default_rng(0).normal(0, 1, 300))

    def error(step: float) -> float:
        return float(np.square(np.clip(np.rint(w / step), 0, 4) * step - w).sum())

    found = even_levels(w, 3, any_levels)[1]
    assert error(found) <= 1.02 * min(error(step) for step in np.linspace(0.05, 2, 2000))


def test_a_core_without_weights_has_levels_all_the_same():
    assert (np.diff(even_levels(np.zeros(5), 2, chip_levels)) > 0).all()


def test_gradients_pass_through_what_is_cut_off():
    w = torch.tensor([-2.0, -1.0, 2.0], requires_grad=True)
    cut = within(w, torch.tensor([0.0, 1.0, 2.0]))
    assert cut.tolist() == [-1.0, -1.0, 2.0]
    cut.sum().backward()
    assert w.grad is not None and w.grad.tolist() == [1.0, 1.0, 1.0]
