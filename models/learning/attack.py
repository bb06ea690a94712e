"""An attack on parameters, along the gradient of what it changes (paper.md 5; Büchel et al.)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

START = 1e-3
"""An attack begins this far from the network, relative to its parameters (paper.md 5) [1]."""


def climb(
    begun: Mapping[str, Tensor],
    reach: Mapping[str, Tensor],
    change: Callable[[dict[str, Tensor]], Tensor],
    size: float,
    steps: int,
    generator: Generator,
) -> dict[str, Tensor]:
    """A way from some parameters to where more is changed, along signs of the gradient.

    Args:
        begun: parameters, without gradients.
        reach: what `size` is relative to, of every entry of each.
        change: how much is changed at the parameters it is given, one number.
        size: length of the way, relative to `reach`.
        steps: into which it is cut.
    """
    way = {name: START * reach[name] * normal(p, generator) for name, p in begun.items()}
    for _ in range(steps):
        there = {name: (p + way[name]).requires_grad_() for name, p in begun.items()}
        gradients = torch.autograd.grad(change(there), list(there.values()))
        for name, gradient in zip(there, gradients, strict=True):
            way[name] = way[name] + size / steps * reach[name] * gradient.sign()
    return way


def normal(p: Tensor, generator: Generator) -> Tensor:
    """Standard normal numbers, one for each entry of a parameter."""
    return torch.from_numpy(generator.standard_normal(tuple(p.shape), np.float32))
