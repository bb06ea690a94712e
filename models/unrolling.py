"""A sheet of neurons unrolled in time, differentiable: what training runs."""

from __future__ import annotations

import torch
from torch import Tensor

from .neuron import Coefficients, rest, step


def unroll(c: Coefficients, arriving: Tensor, w_rec: Tensor) -> Tensor:
    """Spikes of every step, from rest; gradients flow by surrogate to both arguments.

    An event of step n, from outside or from a neuron of the sheet, reaches its synapses at the
    start of step n + 1.

    Args:
        c: coefficients of the neurons, broadcasting to [trial, neuron].
        arriving: weight currents [A] of the outside events of each step,
            [trial, step, dendrite, neuron], dendrites in the order of `c.decay`.
        w_rec: weight currents [A], [source neuron, dendrite, neuron].

    Returns:
        0 or 1, [trial, step, neuron].
    """
    trials, steps, n_dendrites, neurons = arriving.shape
    state = rest(c, (trials, neurons))
    pending = arriving.new_zeros(trials, n_dendrites, neurons)
    recurrent = bool((w_rec != 0).any())
    flat = w_rec.reshape(neurons, n_dendrites * neurons)
    spikes = [arriving.new_zeros(trials, 0, neurons)]
    for outside in arriving.unbind(1):
        state, out = step(c, state, dict(zip(c.decay, pending.unbind(1), strict=True)))
        pending = outside
        if recurrent:
            pending = outside + (out.count @ flat).view(trials, n_dendrites, neurons)
        spikes.append(out.count[:, None])
    return torch.cat(spikes, 1)
