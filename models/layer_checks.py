"""What layers of chip neurons refuse: a number that is none would be played as silence."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from .errors import InputError

DTYPES = (torch.float32, torch.float64)
"""Precisions that hold the currents of a neuron, 1e-13 A and less."""


def check_layer(dt: float, max_fan_in: int) -> None:
    """Refuse a step [s] or a number of synapses that cannot be. Raises InputError STEP, FAN_IN."""
    if not 0 < dt < torch.inf:
        raise InputError(f"a step is longer than 0 s, got dt={dt}: give 1e-3", code="STEP")
    if not isinstance(max_fan_in, Integral) or max_fan_in < 1:
        raise InputError(
            f"max_fan_in is a whole number of synapses, 1 or more, got {max_fan_in}: give 64, as "
            "the chip has",
            code="FAN_IN",
        )


def check_input(values: Any, dtype: torch.dtype) -> None:
    """Refuse what is no tensor, and precisions that neurons cannot be played in.

    Raises:
        InputError: TENSOR, PRECISION.
    """
    if not isinstance(values, Tensor):
        raise InputError(
            f"the input is a {type(values).__name__}: give a tensor, torch.as_tensor(...)",
            code="TENSOR",
        )
    if dtype not in DTYPES:
        raise InputError(
            f"neurons are played in float32 or float64, not in {str(dtype).removeprefix('torch.')}"
            ", whose least number is far above their currents: use .float()",
            code="PRECISION",
        )


def check_drive(drive: Tensor, what: str, way_out: str, code: str) -> None:
    """Refuse numbers below 0, infinite ones and those that are none, nan. Raises InputError."""
    if not bool(((drive >= 0) & (drive < torch.inf)).all()):
        raise InputError(
            f"{what} is negative, infinite or not a number: {way_out}",
            code=code,
        )


def check_finite(weights: Iterable[tuple[str, Tensor]]) -> None:
    """Refuse weights that training drove out of all bounds.

    Args:
        weights: by their names.

    Raises:
        InputError: WEIGHT_NOT_FINITE.
    """
    for name, values in weights:
        wrong = int((~torch.isfinite(values)).sum())
        if wrong:
            raise InputError(
                f"{wrong} of {values.numel()} values of {name} are infinite or not a number: go "
                "back to a state before, with smaller steps or clipped gradients",
                code="WEIGHT_NOT_FINITE",
            )
