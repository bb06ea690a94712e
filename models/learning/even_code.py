"""Weights of few bits: at even steps, where the seed paper's rounding finds them again.

Rounding to b bits, as everywhere in the tables (perturbation.py), cuts the range of an array into
2^b - 1 steps. Weights -(2^(b-1) - 1) s .. 2^(b-1) s, multiples of one s, are these already where an
array reaches both ends; one that does not is moved, by up to a seventh of its largest weight at 3
bits. The magnitudes are sums of b of a core's four weight currents, s, 2 s, 4 s, ...
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

MOST_BITS = 4
"""Of a code that four currents make."""
UNITS = 2.0 ** np.linspace(-4.0, 0.5, 90)
"""Steps that are tried, times what makes the largest weight the highest level."""


def even_levels(
    magnitudes: np.ndarray, bits: int, levels: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Magnitudes of a code of so many bits that fit some weights best, ascending, the first 0.

    Args:
        magnitudes: of the weights; zeros do not count.
        levels: what a core can hold that shall hold these magnitudes.
    """
    most = 2 ** (bits - 1)
    values = magnitudes[magnitudes > 0]
    if not values.size:
        return levels(magnitudes)
    steps = values.max() / most * UNITS
    errors = [np.square(np.clip(np.rint(values / s), 0, most) * s - values).sum() for s in steps]
    wanted = np.arange(1, most + 1) * steps[int(np.argmin(errors))]
    held = levels(wanted)[1:]
    return np.concatenate([[0.0], held[np.abs(held - wanted[:, None]).argmin(1)]])


def within(w: Tensor, levels: Tensor) -> Tensor:
    """Signed weights without those that a code of these levels has no sign for: it reaches one step
    less far below 0. Gradients pass straight through."""
    return w + (torch.maximum(w, -levels[-2]) - w).detach()
