"""An attack on parameters, along the gradient of what it changes (paper.md 5; Büchel et al.)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

START = 1e-2
"""Share of the way at which an attack begins, as a spread [1]; of a way as long as a tenth of the
parameters these are the 1e-3 of Büchel et al."""


def climb(
    begun: Mapping[str, Tensor],
    reach: Mapping[str, Tensor],
    change: Callable[[dict[str, Tensor]], Tensor],
    steps: int,
    generator: Generator,
) -> dict[str, Tensor]:
    """A way from some parameters to where more is changed, along signs of the gradient.

    Args:
        begun: parameters, without gradients.
        reach: length of the way, of every entry of each.
        change: how much is changed at the parameters it is given, one number.
        steps: into which it is cut.
    """
    way = {name: START * reach[name] * normal(p, generator) for name, p in begun.items()}
    for _ in range(steps):
        there = {name: (p + way[name]).requires_grad_() for name, p in begun.items()}
        gradients = torch.autograd.grad(change(there), list(there.values()))
        for name, gradient in zip(there, gradients, strict=True):
            way[name] = way[name] + reach[name] / steps * gradient.sign()
    return way


def attacked(
    parameters: Mapping[str, Tensor],
    reach: Mapping[str, Tensor],
    change: Callable[[dict[str, Tensor]], Tensor],
    steps: int,
    generator: Generator,
) -> dict[str, Tensor]:
    """Parameters, those that have a `reach` at the end of such a way; gradients pass as if the way
    were a constant. `change` is asked about all of them."""
    fixed = {name: p.detach() for name, p in parameters.items()}
    begun = {name: fixed[name] for name in reach}
    way = climb(begun, reach, lambda there: change({**fixed, **there}), steps, generator)
    return {**parameters, **{name: parameters[name] + moved for name, moved in way.items()}}


def normal(p: Tensor, generator: Generator) -> Tensor:
    """Standard normal numbers, one for each entry of a parameter."""
    return torch.from_numpy(generator.standard_normal(tuple(p.shape), np.float32))
