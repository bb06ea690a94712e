"""Chips and trials on a device: tensors of fixed shape that one step updates in place.

So a step can be captured in a CUDA graph. Sums of weights are taken in float64 whatever the
precision and are exact (see `Wiring.weight`): neither a matrix product nor atomic additions in
any order can change a spike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .coefficients import Coefficients
from .neuron import State, step
from .wiring import SheetState, Wiring

DENSE_SHARE = 1 / 32
"""Weights go through a matrix product where at least this share of the matrix is not empty."""

NONE = -1.0
"""The moment of no spike [s]."""


class Place(NamedTuple):
    """Where and with what numbers a sheet is computed."""

    kind: torch.dtype
    """Of the neurons' numbers."""
    device: str
    """As torch names it."""
    steps: int
    """Between two collections of spikes."""


class Part(NamedTuple):
    """Chips and trials that play side by side."""

    chips: slice
    """Which chips."""
    trials: slice
    """Which trials; all of them unless it is one chip."""

    def of(self, tensor: Tensor) -> Tensor:
        """The part of a tensor that broadcasts to [chip, trial, ...]."""
        if tensor.ndim >= 3 and tensor.shape[-3] > 1:
            tensor = tensor[..., self.chips, :, :]
        if tensor.ndim >= 2 and tensor.shape[-2] > 1:
            tensor = tensor[..., self.trials, :]
        return tensor


ALL = Part(slice(None), slice(None))


class Entries(NamedTuple):
    """Weights that are not 0, one by one."""

    source: Tensor
    """int64 [entry]."""
    slot: Tensor
    """As `Wiring.slot`, int64 [entry]."""
    weight: Tensor
    """As `Wiring.weight` [A], float64 [chip, entry]."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """What lies on the device while a part plays; tensors are updated in place."""

    c: Coefficients
    """Of these chips."""
    weights: Tensor | Entries
    """Who hears whom [A], a matrix [chip, source, slot] or a list; float64."""
    state: State
    """Tensors [chip, trial, neuron]."""
    pending: Tensor
    """Weight currents that arrive in the next step [A], float64 [chip, trial, slot]."""
    left: Tensor
    """Steps each trial has still to play, int64 [1, trial, 1]."""
    outside: Tensor
    """Outside events of these steps, float32 [step, trial, source]."""
    moment: Tensor
    """Moment of each spike of these steps [s] or `NONE`, [chip, trial, step, neuron]."""
    saturated: Tensor
    """As in `Run`, int64 [chip, trial]."""
    at: Tensor
    """Which of these steps is next, int64 [1]."""


def sheet_of(c: Coefficients, wiring: Wiring, start: SheetState, part: Part, place: Place) -> Sheet:
    """A part on the device, with nothing left to play."""
    kind, device, steps = place
    neurons = State(*(_moved(value, part, kind, device) for value in start.neurons))
    chips, trials, n = neurons.z.shape
    slots, outside = len(c.decay) * n, len(wiring.start) - 1 - n
    pending = torch.tensor(start.pending[part.chips, part.trials, 0]).to(device)

    def count(*shape: int) -> Tensor:
        return torch.zeros(shape, dtype=torch.int64, device=device)

    return Sheet(
        c=moved(c, device, kind, part),
        weights=_weights(wiring, part.chips, slots, is_dense(wiring, c), device),
        state=neurons,
        pending=pending.reshape(chips, trials, slots),
        left=count(1, trials, 1),
        outside=torch.zeros(steps, trials, outside, device=device),
        moment=torch.empty((chips, trials, steps, n), dtype=kind, device=device),
        saturated=count(chips, trials),
        at=count(1),
    )


def advance(s: Sheet) -> None:
    """Play one step: work for the device alone, which never waits for its outcome."""
    chips, trials, neurons = s.state.z.shape
    arrived = s.pending.view(chips, trials, len(s.c.decay), neurons).to(s.state.z.dtype)
    after, spikes = step(s.c, s.state, dict(zip(s.c.decay, arrived.unbind(2), strict=True)))
    running = s.left > 0
    hit = (spikes.count > 0) & running
    moment = torch.where(hit, spikes.time, NONE)  # pyright: ignore[reportArgumentType]
    s.moment.index_copy_(2, s.at, moment[:, :, None])
    s.saturated.add_((hit & spikes.held).sum(-1))
    outside = s.outside.index_select(0, s.at).double().expand(chips, -1, -1)
    heard = torch.cat([hit.double(), outside], -1)
    coming = _delivered(s.weights, heard, s.pending.shape[-1])
    s.pending.copy_(torch.where(running, coming, s.pending))
    for old, new in zip(tensors_of(s.state), tensors_of(after), strict=True):
        old.copy_(torch.where(running, new, old))
    s.at.add_(1)
    s.left.sub_(1)


def captured(s: Sheet) -> Callable[[], None]:
    """`advance` of this sheet as a CUDA graph to be replayed."""
    changed = [*tensors_of(s.state), s.pending, s.left, s.saturated, s.at]
    before = [tensor.clone() for tensor in changed]
    stream, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # what is set up at the first use must not be captured
        for _ in range(3):
            s.at.zero_()
            advance(s)
    torch.cuda.current_stream().wait_stream(stream)
    with torch.cuda.graph(graph):
        advance(s)
    for tensor, value in zip(changed, before, strict=True):
        tensor.copy_(value)
    return graph.replay


def is_dense(wiring: Wiring, c: Coefficients) -> bool:
    """Whether the weights go through a matrix product."""
    places = (len(wiring.start) - 1) * len(c.decay) * c.z_floor.shape[-1]
    return len(wiring.slot) >= DENSE_SHARE * places


def _weights(wiring: Wiring, chips: slice, slots: int, dense: bool, device: str):
    """`Sheet.weights` of these chips."""
    sources = len(wiring.start) - 1
    source = np.repeat(np.arange(sources), np.diff(wiring.start))
    source, slot = (torch.tensor(a).to(device, torch.int64) for a in (source, wiring.slot))
    weight = torch.tensor(wiring.weight[chips]).to(device, torch.float64)
    if not dense:
        return Entries(source, slot, weight)
    matrix = weight.new_zeros(len(weight), sources * slots)
    return matrix.index_add_(1, source * slots + slot, weight).view(len(weight), sources, slots)


def _delivered(weights: Tensor | Entries, heard: Tensor, slots: int) -> Tensor:
    """Weight currents [chip, trial, slot] of event counts [chip, trial, source]."""
    if isinstance(weights, Tensor):
        return torch.bmm(heard, weights)
    sent = heard.index_select(2, weights.source) * weights.weight[:, None]
    return heard.new_zeros(*heard.shape[:2], slots).index_add_(2, weights.slot, sent)


def moved(c: Coefficients, device: str, kind: torch.dtype, part: Part = ALL) -> Coefficients:
    """Copies of the coefficients of a part on a device, with numbers of a kind; gradients pass."""
    return replace(c, **{k: _moved(value, part, kind, device) for k, value in vars(c).items()})


def _moved(value: Any, part: Part, kind: torch.dtype, device: str) -> Any:
    """A copy of the part of a tensor, or of a dictionary of tensors; all else as it is."""
    if isinstance(value, dict):
        return {name: _moved(v, part, kind, device) for name, v in value.items()}
    if not isinstance(value, Tensor):
        return value
    kind = kind if value.is_floating_point() else value.dtype
    return part.of(value).to(device, kind, copy=True)


def tensors_of(state: State) -> list[Tensor]:
    """All tensors of a state, in an order of their own."""
    return [*state.dendrites.values(), *state[1:]]
