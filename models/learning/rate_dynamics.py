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
    share = (DT_S / tau_s).astype(np.float32)
    given = (np.ascontiguousarray(x, np.float32) for x in (current, w_rec, bias))
    return _forward(*given, share)


@compiled
def _forward(current, w_rec, bias, share):  # noqa: ANN001, ANN202 - numba
    samples, steps, units = current.shape
    a = np.empty_like(current)
    for s in range(samples):
        x, last = np.zeros(units, np.float32), np.zeros(units, np.float32)
        drive = np.empty(units, np.float32)
        for t in range(steps):
            drive[:] = current[s, t] + bias
            for i in range(units):
                for j in range(units):
                    drive[j] += last[i] * w_rec[i, j]
            x += share * (drive - x)
            last = np.tanh(x)
            a[s, t] = last
    return a


@compiled
def _backward(current, w_rec, bias, share, a, wanted):  # noqa: ANN001, ANN202 - numba
    """Gradients to current, w_rec and share; `wanted` is that to the activations."""
    samples, steps, units = a.shape
    driven = np.empty_like(a)
    to_w, to_share = np.zeros((units, units), np.float64), np.zeros(units, np.float64)
    back = w_rec.T.copy()
    for s in range(samples):
        behind = np.zeros(units, np.float32)  # gradient to the state behind a step
        for t in range(steps - 1, -1, -1):
            slope = np.float32(1) - a[s, t] * a[s, t]
            behind += wanted[s, t] * slope
            driven[s, t] = share * behind
            if t == 0:
                break
            through = np.zeros(units, np.float32)
            for j in range(units):
                for i in range(units):
                    through[i] += driven[s, t, j] * back[j, i]
            earlier = np.float32(1) - a[s, t - 1] * a[s, t - 1]
            behind = behind * (np.float32(1) - share) + through * earlier
        x, last = np.zeros(units, np.float32), np.zeros(units, np.float32)
        pull = np.empty(units, np.float32)
        for t in range(steps):
            pull[:] = current[s, t] + bias - x
            for i in range(units):
                for j in range(units):
                    pull[j] += last[i] * w_rec[i, j]
                    to_w[i, j] += last[i] * driven[s, t, j]
            for j in range(units):  # the step took its share of this
                to_share[j] += pull[j] * driven[s, t, j] / share[j]
            x += share * pull
            last = a[s, t]
    return driven, to_w, to_share


class _Activations(torch.autograd.Function):
    """`activations` with its adjoint."""

    @staticmethod
    def forward(ctx: Any, current: Tensor, w_rec: Tensor, bias: Tensor, tau_s: Tensor) -> Tensor:
        given = [t.detach().numpy() for t in (current, w_rec, bias, tau_s)]
        a = activations(*given)
        ctx.kept = (*given, a)
        return torch.from_numpy(a)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        current, w_rec, bias, tau_s, a = ctx.kept
        share = (DT_S / tau_s).astype(np.float32)
        wanted = np.ascontiguousarray(gradients[0].numpy())
        driven, to_w, to_share = _backward(current, w_rec, bias, share, a, wanted)
        to_tau = -to_share * share / tau_s
        made = (driven, to_w, driven.sum((0, 1)), to_tau)
        return tuple(torch.from_numpy(g.astype(np.float32)) for g in made)


def trained_activations(current: Tensor, w_rec: Tensor, bias: Tensor, tau_s: Tensor) -> Tensor:
    """`activations` for training: gradients to all four arguments, float32, on the processor."""
    given = (t.contiguous() for t in (current, w_rec, bias, tau_s))
    made: Any = _Activations.apply(*given)
    return made
