"""How strongly a network of the method `chip` is wired before training: so that it fires.

A neuron that never comes near its threshold learns next to nothing. What makes it fire depends on
the task: how strong input is, and for how long. So weights are scaled until every neuron fires at
a rate that is asked for on samples of the task, as far as `WEAKER` and `STRONGER` allow: a neuron
that is inhibited more than excited may stay silent at the strongest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

SAMPLES = 16
"""Samples of the task that rates are measured on."""
WEAKER, STRONGER = -2.0, 3.0
"""Range of factors, logarithms to base 2."""
HALVINGS = 7
"""Of that range, for each neuron: factors are found to 3 %."""


def scale(weights: Tensor, rates_hz: Callable[[], np.ndarray], wanted_hz: float) -> None:
    """Scale all weights onto each neuron, in place, until it fires at a rate.

    Args:
        weights: [source, neuron].
        rates_hz: of these neurons with the weights as they are [neuron]; more weight, more spikes.
        wanted_hz: at most, where the range allows for it; 0: weights stay as they are.
    """
    if not wanted_hz:
        return
    with torch.no_grad():
        drawn = weights.clone()
        low = torch.full((weights.shape[1],), WEAKER)
        high = torch.full((weights.shape[1],), STRONGER)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            weights.copy_(drawn * 2**middle)
            too_much = torch.tensor(rates_hz() > wanted_hz)
            low = torch.where(too_much, low, middle)
            high = torch.where(too_much, middle, high)
        weights.copy_(drawn * 2**low)
