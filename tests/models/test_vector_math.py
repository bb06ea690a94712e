"""The vectorisable functions against numpy."""

import numpy as np
import pytest
from numba import njit

from analoop.models import vector_math

SINGLE, DOUBLE = np.float32, np.float64


def apply(name: str, x: np.ndarray) -> np.ndarray:
    function = getattr(vector_math, name)

    @njit
    def loop(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    out = np.empty_like(x)
    loop(x, out)
    return out.astype(np.float64)


@pytest.mark.parametrize(("kind", "error"), [(SINGLE, 4e-7), (DOUBLE, 1e-14)])
def test_exp_is_exact_to_rounding(kind, error: float):
    x = np.concatenate([np.linspace(-80, 80, 40_001), [0.0, -1e-9, 1e-9]]).astype(kind)
    assert apply("exp", x) == pytest.approx(np.exp(x.astype(float)), rel=error)


@pytest.mark.parametrize(("kind", "error"), [(SINGLE, 4e-7), (DOUBLE, 1e-14)])
def test_log_is_exact_to_rounding(kind, error: float):
    x = np.concatenate([np.geomspace(1e-30, 1e30, 40_001), [1.0, 0.5**0.5, 2**0.5]]).astype(kind)
    assert apply("log", x) == pytest.approx(np.log(x.astype(float)), rel=error, abs=error)


@pytest.mark.parametrize(("kind", "error"), [(SINGLE, 4e-7), (DOUBLE, 1e-14)])
def test_phi1_is_exact_through_zero_and_far_below_it(kind, error: float):
    small = np.geomspace(1e-35, 1, 2000)
    a = np.concatenate([np.linspace(-60, 50, 40_001), small, -small, [0.0]]).astype(kind)
    a64 = a.astype(float)
    exact = np.divide(np.expm1(a64), a64, out=np.ones_like(a64), where=a64 != 0)
    assert apply("phi1", a) == pytest.approx(exact, rel=error)
    far = -np.geomspace(100, 1e30, 50).astype(kind)
    assert apply("phi1", far) == pytest.approx(-1 / far.astype(float), rel=error)


@pytest.mark.parametrize("kind", [SINGLE, DOUBLE])
def test_the_smaller_and_the_larger_of_two(kind):
    @njit
    def both(x, y, out):
        for i in range(x.size):
            out[0, i] = vector_math.smaller(x[i], y[i])
            out[1, i] = vector_math.larger(x[i], y[i])

    x, y = np.random.default_rng(0).normal(size=(2, 100)).astype(kind)
    y[:5] = x[:5]
    out = np.empty((2, 100), kind)
    both(x, y, out)
    assert np.array_equal(out, [np.minimum(x, y), np.maximum(x, y)])
