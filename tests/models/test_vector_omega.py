"""The vectorisable omega function against scipy."""

import numpy as np
import pytest
from numba import njit
from scipy.special import wrightomega

from analoop.models.vector_omega import omega, omegas


@njit
def one_by_one(z, x):
    for n in range(z.size):
        x[n] = omega(z[n])


@pytest.mark.parametrize(("kind", "error"), [(np.float32, 4e-6), (np.float64, 1e-13)])
def test_omega_solves_its_equation(kind, error: float):
    z = np.concatenate([np.linspace(-30, 60, 40_001), np.geomspace(60, 1e6, 1000)]).astype(kind)
    x = np.empty_like(z)
    one_by_one(z, x)
    assert x.astype(float) == pytest.approx(wrightomega(z.astype(float)), rel=error)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_many_at_once_are_the_same_and_touch_nothing_else(kind):
    z = np.linspace(-30, 60, 1001).astype(kind)
    single, many = np.empty_like(z), np.full_like(z, -1)
    one_by_one(z, single)
    omegas(z, many, 3, 990)
    assert (many[3:990] == single[3:990]).all()
    assert (many[:3] == -1).all() and (many[990:] == -1).all()
