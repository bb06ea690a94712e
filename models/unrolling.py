"""A sheet of neurons unrolled in time, differentiable: what training runs.

Threshold somas go through the compiled adjoint where numba is there; exponential somas, gated
NMDA dendrites, coefficients of neurons that adapt if these want a gradient themselves, and all
that lies on a GPU go through torch's autograd.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .checkpoints import stretch
from .coefficients import Coefficients, wants_gradient
from .errors import InputError
from .neuron import State, rest, step
from .runner import has_kernel

NUMBERS_PER_PIECE = 75
"""Numbers that torch's autograd keeps for each piece of a neuron's step, about; measured."""

LEAST = 32
"""Steps between checkpoints, at least: setting one up costs some steps."""


def unroll(
    c: Coefficients, arriving: Tensor, w_rec: Tensor | None = None, compiled: bool | None = None
) -> Tensor:
    """Spikes of every step, from rest; gradients flow by surrogate to both weights, to drive, and
    to coefficients that want one.

    An event of step n, from outside or from a neuron of the sheet, reaches its synapses at the
    start of step n + 1.

    Args:
        c: coefficients of the neurons: [neuron], of every trial [trial, neuron], or of chips that
            all play all trials [chip, 1, neuron].
        arriving: weight currents [A] of the outside events of each step,
            [trial, step, dendrite, neuron], dendrites in the order of `c.decay`.
        w_rec: weight currents [A], [source neuron, dendrite, neuron]; None: no such synapses.
        compiled: whether to take the compiled adjoint; None: where it can be taken.

    Raises:
        InputError: NO_ADJOINT, the adjoint is asked for and cannot be taken.

    Returns:
        0 or 1, [trial, step, neuron], or [chip, trial, step, neuron].
    """
    if takes_adjoint(c, compiled):
        from .compiled_unrolling import unroll_compiled  # compiles, or reads what it compiled

        return unroll_compiled(c, arriving, w_rec=w_rec)
    return _unroll_torch(c, arriving, w_rec)


def unroll_events(
    c: Coefficients,
    counts: np.ndarray | Tensor,
    w_in: Tensor,
    w_rec: Tensor | None = None,
    compiled: bool | None = None,
) -> Tensor:
    """As `unroll`, for outside events through weights.

    Args:
        counts: outside events of each step, [trial, step, channel]; gradients flow to them, too.
        w_in: weight currents [A], [channel, dendrite, neuron].
    """
    if not isinstance(counts, Tensor):
        counts = torch.as_tensor(counts, device=w_in.device)
    given = counts.to(w_in.dtype)
    if takes_adjoint(c, compiled):
        from .compiled_unrolling import unroll_compiled

        return unroll_compiled(c, None, given, w_in, w_rec)
    return _unroll_torch(c, torch.einsum("btc,cdn->btdn", given, w_in), w_rec)


def takes_adjoint(c: Coefficients, compiled: bool | None) -> bool:
    """Whether to take the compiled adjoint; None: where it can be. Raises InputError NO_ADJOINT."""
    known = has_adjoint(c)
    if compiled and not known:
        raise InputError(
            "the compiled adjoint knows threshold somas without noise, on the processor, and no "
            "gradient of coefficients of neurons that adapt: leave `compiled` to Analoop",
            code="NO_ADJOINT",
        )
    return known if compiled is None else compiled


def has_adjoint(c: Coefficients) -> bool:
    """Whether the compiled adjoint can take these neurons."""
    plain = c.most_pieces == 1 and c.noise is None
    unknown = c.charge.requires_grad or (c.adapts and wants_gradient(c))
    return plain and not unknown and c.z_floor.device.type == "cpu" and has_kernel()


def _unroll_torch(c: Coefficients, arriving: Tensor, w_rec: Tensor | None) -> Tensor:
    trials, steps, kinds, neurons = arriving.shape
    shape = (*c.z_floor.shape[:-2], trials)
    flat = None if w_rec is None else w_rec.reshape(neurons, kinds * neurons)

    def play(state: State, pending: Tensor, part: Tensor) -> tuple[State, Tensor, Tensor]:
        """Steps of one stretch."""
        spikes = []
        for outside in part.unbind(1):
            state, out = step(c, state, dict(zip(c.decay, pending.unbind(-2), strict=True)))
            pending = outside.expand(*shape, kinds, neurons)
            if flat is not None:
                pending = pending + (out.count @ flat).view(*shape, kinds, neurons)
            spikes.append(out.count)
        return state, pending, torch.stack(spikes, -2)

    state = rest(c, (*shape, neurons))
    pending = arriving.new_zeros(*shape, kinds, neurons)
    size = state.z.numel() * state.z.itemsize
    tape = NUMBERS_PER_PIECE * c.most_pieces * size if torch.is_grad_enabled() else 0
    length = stretch(steps, tape, (len(state) + 2 * kinds) * size, LEAST)
    spikes = [arriving.new_zeros(*shape, 0, neurons)]
    for part in arriving.split(length or max(steps, 1), 1) if steps else ():
        now = state, pending, part
        if length is None:
            state, pending, raster = play(*now)
        else:  # nothing in a step is random
            state, pending, raster = checkpoint(
                play, *now, use_reentrant=False, preserve_rng_state=False
            )  # pyright: ignore[reportGeneralTypeIssues]
        spikes.append(raster)
    return torch.cat(spikes, -2)
