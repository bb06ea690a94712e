"""Wright's omega function, against scipy."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import wrightomega

from analoop.models.omega import wright_omega

Z = np.concatenate([np.linspace(-30, 30, 20_001), np.geomspace(30, 1e6, 5_001)])


def test_it_agrees_with_scipy_to_1e_14_over_every_argument_a_neuron_can_reach():
    ours = wright_omega(torch.tensor(Z)).numpy()
    assert np.max(np.abs(ours / wrightomega(Z).real - 1)) < 1e-14


def test_single_precision_keeps_single_precision():
    ours = wright_omega(torch.tensor(Z, dtype=torch.float32))
    assert ours.dtype == torch.float32
    exact = wrightomega(Z.astype(np.float32).astype(np.float64)).real
    assert np.max(np.abs(ours.numpy() / exact - 1)) < 1e-6


@given(st.floats(-30, 1e6))
def test_it_solves_its_equation(z: float):
    x = wright_omega(torch.tensor(z, dtype=torch.float64)).item()
    assert x > 0
    assert x + np.log(x) == pytest.approx(z, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("z", [-30.0, -5.0, -1.0, 0.0, 1.0, 1.5, 10.0, 1e3, 1e6])
def test_its_gradient_is_the_slope_of_scipys_function(z: float):
    argument = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    wright_omega(argument).backward()
    h = 1e-4 * max(1.0, abs(z))
    slope = (wrightomega(z + h).real - wrightomega(z - h).real) / (2 * h)
    assert argument.grad is not None
    assert argument.grad.item() == pytest.approx(slope, rel=1e-5)
