"""A sheet of neurons unrolled in time, differentiable: what training runs.

Threshold somas go through the compiled adjoint where numba is there; exponential somas, gated
NMDA dendrites and coefficients that want a gradient themselves go through torch's autograd.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .coefficients import Coefficients
from .errors import InputError
from .neuron import rest, step
from .runner import has_kernel


def unroll(
    c: Coefficients, arriving: Tensor, w_rec: Tensor, compiled: bool | None = None
) -> Tensor:
    """Spikes of every step, from rest; gradients flow by surrogate to both weights and drive.

    An event of step n, from outside or from a neuron of the sheet, reaches its synapses at the
    start of step n + 1.

    Args:
        c: coefficients of the neurons: [neuron], of every trial [trial, neuron], or of chips that
            all play all trials [chip, 1, neuron].
        arriving: weight currents [A] of the outside events of each step,
            [trial, step, dendrite, neuron], dendrites in the order of `c.decay`.
        w_rec: weight currents [A], [source neuron, dendrite, neuron].
        compiled: whether to take the compiled adjoint; None: where it can be taken.

    Raises:
        InputError: NO_ADJOINT, the adjoint is asked for and cannot be taken.

    Returns:
        0 or 1, [trial, step, neuron], or [chip, trial, step, neuron].
    """
    if _takes_adjoint(c, compiled):
        from .compiled_unrolling import unroll_compiled  # compiles, or reads what it compiled

        return unroll_compiled(c, arriving, w_rec=w_rec)
    return _unroll_torch(c, arriving, w_rec)


def unroll_events(
    c: Coefficients,
    counts: np.ndarray,
    w_in: Tensor,
    w_rec: Tensor,
    compiled: bool | None = None,
) -> Tensor:
    """As `unroll`, for outside events through weights.

    Args:
        counts: outside events of each step, [trial, step, channel].
        w_in: weight currents [A], [channel, dendrite, neuron].
    """
    if _takes_adjoint(c, compiled):
        from .compiled_unrolling import unroll_compiled

        return unroll_compiled(c, None, counts, w_in, w_rec)
    given = torch.tensor(counts, dtype=w_in.dtype, device=w_in.device)
    arriving = torch.einsum("btc,cdn->btdn", given, w_in)
    return _unroll_torch(c, arriving, w_rec)


def _takes_adjoint(c: Coefficients, compiled: bool | None) -> bool:
    known = has_adjoint(c)
    if compiled and not known:
        raise InputError(
            "the compiled adjoint knows threshold somas without noise, on the processor and with "
            "fixed coefficients: leave `compiled` to Analoop",
            code="NO_ADJOINT",
        )
    return known if compiled is None else compiled


def has_adjoint(c: Coefficients) -> bool:
    """Whether the compiled adjoint can take these neurons."""
    tensors = [t for t in vars(c).values() if isinstance(t, Tensor)]
    tensors += [*c.decay.values(), *c.mean.values(), *c.jump.values()]
    plain = c.most_pieces == 1 and c.noise is None
    fixed = not any(t.requires_grad for t in tensors)
    return plain and fixed and c.z_floor.device.type == "cpu" and has_kernel()


def _unroll_torch(c: Coefficients, arriving: Tensor, w_rec: Tensor) -> Tensor:
    trials, steps, n_dendrites, neurons = arriving.shape
    shape = (*c.z_floor.shape[:-2], trials)
    state = rest(c, (*shape, neurons))
    pending = arriving.new_zeros(*shape, n_dendrites, neurons)
    recurrent = w_rec.requires_grad or bool((w_rec != 0).any())
    flat = w_rec.reshape(neurons, n_dendrites * neurons)
    spikes = [arriving.new_zeros(*shape, 0, neurons)]
    for outside in arriving.unbind(1):
        state, out = step(c, state, dict(zip(c.decay, pending.unbind(-2), strict=True)))
        pending = outside.expand(*shape, n_dendrites, neurons)
        if recurrent:
            pending = pending + (out.count @ flat).view(*shape, n_dendrites, neurons)
        spikes.append(out.count[..., None, :])
    return torch.cat(spikes, -2)
