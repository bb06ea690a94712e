"""Gradients: exact where the neuron is smooth, of order one at the threshold, finite always."""

import numpy as np
import pytest
import torch
from torch import Tensor

from analoop.models.coefficients import Coefficients
from analoop.models.neuron import rest, step
from analoop.models.parameters import DENDRITES, NeuronParameters

from .neurons import coefficients_of


def course(c: Coefficients, drive: Tensor) -> tuple[Tensor, Tensor]:
    """Soma at the end and spikes, for weight currents [A] of [step, dendrite]."""
    state, spikes = rest(c, (1,)), []
    for now in drive:
        state, out = step(c, state, dict(zip(DENDRITES, now[:, None], strict=True)))
        spikes.append(out.count)
    return state.z, torch.stack(spikes)


@pytest.mark.parametrize(
    "parameters",
    [
        NeuronParameters.from_times(),
        NeuronParameters.from_times(soma="exponential", threshold=1e-6),
        NeuronParameters.from_times(nmda_gate=True, i_nmda_gate=3e-12),
        NeuronParameters.from_times(dc=True, i_dc=3e-11),
    ],
    ids=["threshold soma", "exponential soma", "nmda gate", "constant current"],
)
def test_below_threshold_the_gradient_is_the_slope_found_by_finite_differences(parameters):
    c = coefficients_of(parameters)
    weights = torch.tensor(
        np.random.default_rng(0).uniform(0.2, 1.0, (4, 4)) * [0.5, 0.4, 0.1, 0.01]
    ).requires_grad_()

    def soma(units: Tensor) -> Tensor:
        z, spikes = course(c, units * 1e-9)
        assert not spikes.any()
        return z

    assert torch.autograd.gradcheck(soma, weights, eps=1e-6, rtol=1e-5, atol=1e-7)


def gradient_by_weight(scale: float) -> float:
    """d spikes / d weight, weight in units of its own size, of a neuron just below threshold.

    `scale` multiplies every current of the soma and the weights alike.
    """
    p = NeuronParameters.from_times()
    p = NeuronParameters.from_times(
        threshold=2e-9 * scale, i_tau_mem=p.i_tau_mem * scale, i_gain_mem=p.i_gain_mem * scale
    )
    c = coefficients_of(p)
    low, high = 0.0, 1e-6
    for _ in range(60):  # the weight at which the neuron is just about to spike
        middle = (low + high) / 2
        drive = torch.zeros(15, 4, dtype=torch.float64)
        drive[:, 0] = middle * scale
        low, high = (low, middle) if course(c, drive)[1].any() else (middle, high)
    unit = torch.ones((), dtype=torch.float64, requires_grad=True)
    drive = torch.zeros(15, 4, dtype=torch.float64)
    drive[:, 0] = low * scale
    _, spikes = course(c, drive * unit)
    assert not spikes.any()
    spikes.sum().backward()
    assert unit.grad is not None
    return unit.grad.item()


@pytest.mark.parametrize("scale", [1.0, 0.03, 30.0])
def test_rockpool_defect_gradient_is_one_per_ampere(scale: float):
    """Rockpool's surrogate gives weight gradients of 1e-11; ours are of order one at any scale."""
    assert 0.1 < gradient_by_weight(scale) < 100


def test_more_excitation_means_more_spikes_and_more_inhibition_fewer():
    c = coefficients_of(NeuronParameters.from_times())
    drive = torch.tensor([[1.6, 0.2, 0.2, 0.002]], dtype=torch.float64).repeat(20, 1)
    drive.requires_grad_()
    course(c, drive * 1e-9)[1].sum().backward()
    assert drive.grad is not None
    ampa, nmda, gaba, shunt = drive.grad.sum(0).tolist()
    assert ampa > 0 and nmda > 0 and gaba < 0 and shunt < 0


@pytest.mark.parametrize("size", [0.0, 1e-3, 1.0, 1e3, 1e7])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("soma", ["threshold", "exponential"])
@pytest.mark.parametrize("nmda_gate", [False, True])
def test_the_gradient_is_finite_whatever_arrives(size: float, dtype, soma, nmda_gate):
    p = NeuronParameters.from_times(
        soma=soma, nmda_gate=nmda_gate, i_nmda_gate=1e-10, adaptation=True, i_w_ahp=1e-8
    )
    drive = torch.full((12, 4), size, dtype=dtype)
    drive[:, 3] *= 1e-3
    drive[6:, 0] = 0.0
    drive.requires_grad_()
    z, spikes = course(coefficients_of(p, dtype=dtype), drive * 1e-9)
    (z.sum() + spikes.sum()).backward()
    assert drive.grad is not None and torch.isfinite(drive.grad).all()
