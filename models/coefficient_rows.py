"""Coefficients as rows of the kernels' arrays, and which of them can have a gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from . import kernel_rows as row
from .coefficients import Coefficients, wants_gradient

NEVER = 1e30
"""A threshold no soma reaches (in units of its gain current), for one that is switched off."""

FREE = (row.LEAK, row.DC, row.FLOOR, row.THRESHOLD, row.REFRACTORY)
"""Rows that the compiled adjoint has a gradient for, beside those of dendrites."""


def rows_of(c: Coefficients) -> list[Tensor]:
    """Coefficients as they are, by the kernels' row."""
    rows: list[Any] = [None] * row.DENDRITE
    rows[row.PER_CHARGE] = 1.0 / c.charge
    rows[row.LEAK], rows[row.DC], rows[row.FLOOR] = c.i_leak, c.i_dc, c.z_floor
    rows[row.THRESHOLD] = torch.clamp(c.z_threshold, max=NEVER)
    rows[row.REFRACTORY], rows[row.PIECES] = c.t_refractory, c.pieces
    rows[row.HALF_GATE], rows[row.FEEDBACK] = c.i_gate / c.i_gain, c.feedback
    rows[row.LOG_GAIN] = torch.log(c.i_gain / c.constants.i_0)
    rows[row.AHP_DECAY] = c.ahp_decay
    rows[row.AHP_MEAN], rows[row.AHP_JUMP] = c.ahp_mean, c.ahp_jump
    rows[row.AHP_FLOOR] = c.ahp_floor
    for d in c.decay:
        rows += [c.decay[d], c.mean[d], c.jump[d]]
    return rows


def free_rows(kinds: int) -> list[int]:
    """Rows that the adjoint has a gradient for, of neurons with so many dendrites."""
    return [*FREE, *range(row.DENDRITE, row.DENDRITE + 3 * kinds)]


def wanted_rows(c: Coefficients, sets: int) -> Tensor:
    """Coefficients to pass gradients to, [free row, set, neuron]; none where none are wanted."""
    neurons = c.z_floor.shape[-1]
    if not wants_gradient(c):
        return c.z_floor.new_zeros(0, sets, neurons)
    rows = rows_of(c)
    return torch.stack(
        [rows[k].expand(c.z_floor.shape).reshape(sets, neurons) for k in free_rows(len(c.decay))]
    )
