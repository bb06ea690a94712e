"""Two layers of spiking neurons over time, with a hand-written gradient (paper.md 4).

The equations stand in `bptt_kernels`. Memory of a gradient is four floats per neuron, step and
sample: play few samples at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..tasks.samples import DT_S
from .bptt_kernels import Chip, Given, Trace, Wanted, play
from .bptt_kernels_back import play_back

ARRAYS = (
    *("w_in", "w_link", "w_rec", "w_out", "bias_in", "bias"),
    *("tau_syn_in", "tau_syn", "tau_mem_in", "tau_mem", "tau_out"),
)
"""Parameters: as in `Chip`, with time constants [s] in place of shares."""
LEAST_TAU_S = 1e-5
"""No time constant counts as shorter [s]."""


def chip_of(arrays: Mapping[str, np.ndarray]) -> Chip:
    """What the steps need of `ARRAYS`; shares of exact exponentials, so that no step overshoots."""
    dtype = arrays["bias"].dtype

    def kept(name: str) -> np.ndarray:
        return np.exp(-DT_S / np.maximum(arrays[name], LEAST_TAU_S)).astype(dtype)

    weights = [np.ascontiguousarray(arrays[name]) for name in ARRAYS[:6]]
    keeps = [kept("tau_syn_in"), kept("tau_syn")]
    shares = [(1 - kept(name)).astype(dtype) for name in ("tau_mem_in", "tau_mem")]
    return Chip(*(weights + keeps + shares + [kept("tau_out")]))


def given_of(
    inputs: np.ndarray, chip: Chip, alive: np.ndarray | None, graded: bool, noise: Any = None
) -> Given:
    """What is played, of one dtype.

    Args:
        inputs: [sample, step, channel].
        alive: share of what each neuron of the recurrent layer fires, 0 or 1; None: all 1.
        graded: see `bptt_kernels`.
        noise: [sample, step, layer, neuron] or None.
    """
    dtype, neurons = chip.bias.dtype, chip.bias.size
    if noise is None:
        noise = np.empty((len(inputs), 0, 2, neurons), dtype)
    living = np.ones(neurons, dtype) if alive is None else np.ascontiguousarray(alive, dtype)
    return Given(np.ascontiguousarray(inputs, dtype), noise, living, graded)


def played(chip: Chip, given: Given, rows: int | None = None) -> Trace:
    """Play samples and keep the states of so many last steps; None: of all."""
    samples, steps = given.input.shape[:2]
    shape, dtype = (samples, steps if rows is None else rows, chip.bias.size), chip.bias.dtype
    arrays = [np.empty(shape, dtype) for _ in range(4)]
    arrays += [np.empty((samples, steps), dtype), np.zeros((samples, 3))]
    trace = Trace(*arrays)
    play(chip, given, trace)
    return trace


class _Played(torch.autograd.Function):
    """`played` with its gradient with respect to the chip; readout and sums of a trace."""

    @staticmethod
    def forward(ctx: Any, given: Given, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        chip = Chip(*(p.detach().contiguous().numpy() for p in parameters))
        trace = played(chip, given)
        ctx.kept = chip, given, trace
        totals = torch.tensor(trace.total.sum(0)[1:], dtype=parameters[0].dtype)
        return torch.from_numpy(trace.output), totals

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        chip, given, trace = ctx.kept
        wanted = Wanted(*(g.contiguous().numpy() for g in gradients))
        to = Chip(*(np.zeros_like(p) for p in chip))
        play_back(chip, given, trace, wanted, to)
        return None, *(torch.from_numpy(g) for g in to)


def trained(arrays: Mapping[str, Tensor], given: Given) -> tuple[Tensor, Tensor]:
    """Readout [sample, step], and what all neurons passed on and their V^2, summed, [2]; with
    gradients to `ARRAYS`, on the processor."""
    kept = {name: torch.exp(-DT_S / arrays[name].clamp(min=LEAST_TAU_S)) for name in ARRAYS[6:]}
    weights = (arrays[name] for name in ARRAYS[:6])
    shares = (1 - kept[name] for name in ("tau_mem_in", "tau_mem"))
    keeps = (kept["tau_syn_in"], kept["tau_syn"], *shares, kept["tau_out"])
    made: Any = _Played.apply(given, *weights, *keeps)
    return made
