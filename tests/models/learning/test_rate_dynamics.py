"""The teacher's dynamics against plain torch in double precision, values and gradients."""

import numpy as np
import torch
from torch import Tensor

from analoop.models.learning.rate_dynamics import activations, trained_activations

STEPS, UNITS = 30, 5


def arguments() -> list[Tensor]:
    """Current [sample, step, unit], recurrent weights, bias, time constants."""
    torch.manual_seed(0)
    current = torch.randn(3, STEPS, UNITS)
    w_rec, bias = 0.5 * torch.randn(UNITS, UNITS), 0.1 * torch.randn(UNITS)
    return [current, w_rec, bias, torch.linspace(0.004, 0.05, UNITS)]


def plain(current: Tensor, w_rec: Tensor, bias: Tensor, tau_s: Tensor) -> Tensor:
    """Forward Euler as it is written in paper.md 1.2."""
    x = torch.zeros_like(current[:, 0])
    a, kept = torch.tanh(x), []
    for step in range(STEPS):
        x = x + 1e-3 / tau_s * (-x + current[:, step] + bias + a @ w_rec)
        a = torch.tanh(x)
        kept.append(a)
    return torch.stack(kept, 1)


def test_activations_and_all_gradients_are_those_of_the_plain_equations():
    wanted = torch.randn(3, STEPS, UNITS)
    found = []
    for play, dtype in ((trained_activations, torch.float32), (plain, torch.float64)):
        given = [g.to(dtype).requires_grad_() for g in arguments()]
        a = play(*given)
        (a * wanted.to(dtype)).sum().backward()
        found.append([a.detach()] + [g.grad for g in given])
    for ours, theirs in zip(*found, strict=True):
        assert ours is not None and theirs is not None
        assert float((ours - theirs).abs().max()) < 2e-6 * float(theirs.abs().max())


def test_samples_do_not_depend_on_each_other():
    current, *others = (g.numpy() for g in arguments())
    whole = activations(current, *others)
    assert (activations(current[1:2], *others) == whole[1:2]).all()


def test_a_unit_alone_relaxes_as_an_exponential():
    current = np.full((1, 400, 1), 0.5, np.float32)
    a = activations(current, np.zeros((1, 1)), np.zeros(1), np.array([0.1]))
    t = 1e-3 * np.arange(1, 401)
    assert np.abs(np.arctanh(a[0, :, 0]) - 0.5 * (1 - np.exp(-t / 0.1))).max() < 2e-3
