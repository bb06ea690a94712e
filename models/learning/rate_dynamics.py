"""The dynamics of a tanh network over time, with a hand-written gradient (paper.md 1.2).

    tau_j dx_j/dt = -x_j + current_j + bias_j + (tanh(x) W_rec)_j,   a = tanh(x),   x(0) = 0

by forward Euler in steps of `DT_S`. `a` at a step is that behind it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..compiled import compiled
from ..tasks.samples import DT_S


def activations(
    current: np.ndarray, w_rec: np.ndarray, bias: np.ndarray, tau_s: np.ndarray
) -> np.ndarray:
    """Activations, float32 [sample, step, unit].

    Args:
        current: [sample, step, unit].
        w_rec: [presynaptic unit, unit].
        bias: [unit].
        tau_s: [unit], at least `DT_S` [s].
    """
    return _played(current, w_rec, bias, tau_s)[0]


def _played(
    current: np.ndarray, w_rec: np.ndarray, bias: np.ndarray, tau_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Activations and states behind every step, float32 [sample, step, unit]."""
    given = (np.ascontiguousarray(x, np.float32) for x in (current, w_rec, bias))
    return _forward(*given, (DT_S / tau_s).astype(np.float32))


@compiled
def _forward(current, w_rec, bias, share):  # noqa: ANN001, ANN202 - numba
    samples, steps, units = current.shape
    a, x = np.empty_like(current), np.empty_like(current)
    drive = np.empty(units, np.float32)
    for s in range(samples):
        last = np.zeros(units, np.float32)
        for t in range(steps):
            for j in range(units):
                drive[j] = current[s, t, j] + bias[j]
            for i in range(units):
                for j in range(units):
                    drive[j] += last[i] * w_rec[i, j]
            for j in range(units):
                before = x[s, t - 1, j] if t else np.float32(0)
                x[s, t, j] = before + share[j] * (drive[j] - before)
                last[j] = a[s, t, j] = np.tanh(x[s, t, j])
    return a, x


@compiled
def _backward(w_rec, share, a, wanted):  # noqa: ANN001, ANN202 - numba
    """Gradients to the drive of every step; `wanted` is that to the activations."""
    samples, steps, units = a.shape
    driven = np.empty_like(a)
    back = w_rec.T.copy()
    for s in range(samples):
        behind = np.zeros(units, np.float32)  # gradient to the state behind a step
        through = np.zeros(units, np.float32)  # to its activation, of later steps
        for t in range(steps - 1, -1, -1):
            for j in range(units):
                slope = np.float32(1) - a[s, t, j] * a[s, t, j]
                behind[j] += (wanted[s, t, j] + through[j]) * slope
                driven[s, t, j] = share[j] * behind[j]
                behind[j] *= np.float32(1) - share[j]
                through[j] = 0
            for j in range(units):
                for i in range(units):
                    through[i] += driven[s, t, j] * back[j, i]
    return driven


class _Activations(torch.autograd.Function):
    """`activations` with its adjoint."""

    @staticmethod
    def forward(ctx: Any, current: Tensor, w_rec: Tensor, bias: Tensor, tau_s: Tensor) -> Tensor:
        given = [t.detach().numpy() for t in (current, w_rec, bias, tau_s)]
        a, x = _played(*given)
        ctx.kept = given[1], given[3], a, x
        return torch.from_numpy(a)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        w_rec, tau_s, a, x = ctx.kept
        share = (DT_S / tau_s).astype(np.float32)
        wanted = np.ascontiguousarray(gradients[0].numpy())
        driven = _backward(np.ascontiguousarray(w_rec), share, a, wanted)
        units = len(share)
        to_w = a[:, :-1].reshape(-1, units).T @ driven[:, 1:].reshape(-1, units)
        moved = np.diff(x, axis=1, prepend=0) * driven  # a step took its share of the pull
        to_tau = -moved.sum((0, 1), dtype=np.float64) / share / tau_s
        made = (driven, to_w, driven.sum((0, 1), dtype=np.float64), to_tau)
        return tuple(torch.from_numpy(g.astype(np.float32)) for g in made)


def trained_activations(current: Tensor, w_rec: Tensor, bias: Tensor, tau_s: Tensor) -> Tensor:
    """`activations` for training: gradients to all four arguments, float32, on the processor."""
    given = (t.contiguous() for t in (current, w_rec, bias, tau_s))
    made: Any = _Activations.apply(*given)
    return made
