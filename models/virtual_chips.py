"""Virtual chips for a training loop of one's own: fresh mismatch for every batch.

    with VirtualChips(n=32, seed=0):
        for batch, target in loader:
            loss = criterion(net(batch), target)

Inside the `with`, every layer of chip neurons (`ChipLayer`, Rockpool's `NeuronsTorch`) plays
mismatched chips; outside, the nominal one. Why a context and no argument: docs/decisions/0014.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from .coefficients import Coefficients, coefficients
from .errors import InputError
from .gpu_sheet import moved
from .mismatch import Draw, lumped_factors
from .parameters import (
    SOMA_CURRENTS,
    SWITCHED_CURRENTS,
    NeuronParameters,
    dendrite_currents,
)


class Circuits(NamedTuple):
    """A population before any chip is chosen."""

    parameters: NeuronParameters
    """Currents and switches that all its neurons are set to."""
    neurons: int
    """How many."""
    dendrites: tuple[str, ...]
    """Those that receive synapses."""
    dt: float
    """Step [s]."""

    def acting(self) -> dict[str, float]:
        """Nominal currents [A] of the soma and of dendrites with synapses, and those of what is
        switched on. No mismatch of the others is felt, so none need be drawn."""
        on, nominal = self.parameters.switches(), self.parameters.currents()
        on["nmda_gate"] &= "nmda" in self.dendrites
        names = [*SOMA_CURRENTS, *dendrite_currents(self.dendrites)]
        names += [name for switch, own in SWITCHED_CURRENTS.items() if on[switch] for name in own]
        return {name: nominal[name] for name in names}

    def coefficients(
        self, dtype: torch.dtype, factors: Mapping[str, np.ndarray | Tensor] | None = None
    ) -> Coefficients:
        """Of the nominal chip [neuron], or with factors of currents, [trial, neuron] or [neuron],
        of all that are `acting` at least; gradients flow to factors that are tensors."""
        nominal, one = self.parameters.currents(), torch.ones(self.neurons, dtype=dtype)
        currents = {name: one * amps for name, amps in nominal.items()}
        if factors is not None:
            given = {**self.acting(), **factors}
            currents |= {n: torch.as_tensor(nominal[n] * factors[n], dtype=dtype) for n in given}
        switches = {name: one * on for name, on in self.parameters.switches().items()}
        return coefficients(currents, switches, self.dendrites, self.dt)


class VirtualChips:
    """`n` mismatched chips, others for every batch; a context.

    Trial k of a batch plays chip k mod n, whatever the size of the batch. A batch begins with the
    first call of a layer and ends when a layer is called again that has played in it, or with the
    context; so the layers of a network share its chips (what a chip has in common, they have in
    common), and each has neurons of its own on them, by its place in the order of calls.

    Batches are numbered, across all contexts entered with this object: the seed and the number
    alone say which chips a batch plays, on any machine. None of them is a chip of a board
    `sim:seed=...`. What is called after the context, or in another thread, sees the nominal chip.

    Args:
        n: chips of a batch.
        seed: names all of them, 0 or more.
        level: scales every spread, as `Draw`.
        sampler: kind of mismatch, as `Draw`; the paper's spread of single synapses is left out.
        first: number of the first batch, to go on where a training stopped: its `batch`.

    Raises:
        InputError: CHIPS, SEED, MISMATCH_LEVEL, MISMATCH_SAMPLER. Within it, CHECKPOINT where a
            layer is called on the way back, as `torch.utils.checkpoint` does: it would play the
            chips of another batch. Layers bound their memory by checkpoints of their own.
    """

    def __init__(
        self, n: int, seed: int, level: float = 1.0, sampler: str = "measured", first: int = 0
    ):
        if not (_whole(n, 1) and _whole(first, 0)):
            raise InputError(
                f"virtual chips are a whole number of 1 or more and batches count from 0, got {n} "
                f"and {first}: give n=32, first=0",
                code="CHIPS",
            )
        if not _whole(seed, 0):
            raise InputError(f"a seed is a whole number, 0 or more, got {seed}", code="SEED")
        Draw(seed, level, (n, 1, 1), sampler)  # refuses level and sampler
        self.n, self.seed, self.level, self.sampler = n, seed, level, sampler
        self.batch = first
        """Number of the batch that plays, or that would play next."""
        self._played: list[nn.Module] = []
        self._entered: list[Token[VirtualChips | None]] = []

    def __enter__(self) -> VirtualChips:
        self._entered.append(_PLAYING.set(self))
        return self

    def __exit__(self, *error: object) -> None:
        _PLAYING.reset(self._entered.pop())
        if self._played:
            self._next()

    def draw(self, layer: nn.Module, neurons: int) -> Draw:
        """The silicon of a layer that is called now."""
        if any(other is layer for other in self._played):
            self._next()
        self._played.append(layer)
        key = np.random.SeedSequence((self.seed, self.batch)).generate_state(2, np.uint64)
        shape, part = (self.n, 1, neurons), len(self._played) - 1
        return Draw(int(key[0]), self.level, shape, self.sampler, int(key[1]), part)

    def _next(self) -> None:
        self._played.clear()
        self.batch += 1


def _refuse_replay(layer: nn.Module, virtual: bool) -> None:
    """Refuse a call on the way back, of a layer that played virtual chips on the way there: the
    context may have ended by now, or belong to another thread than torch's for a GPU."""
    if torch._C._current_graph_task_id() == -1:  # no backward pass is under way
        layer.__dict__[PLAYED_VIRTUAL] = virtual
    elif virtual or layer.__dict__.get(PLAYED_VIRTUAL):
        raise InputError(
            "a layer on virtual chips was called again on the way back, by "
            "torch.utils.checkpoint: leave it out, layers of chip neurons bound their memory "
            "themselves",
            code="CHECKPOINT",
        )


def _whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and int(value) >= least


PLAYED_VIRTUAL = "_played_virtual"
"""What a layer is marked with: whether its last call was on virtual chips."""
_PLAYING: ContextVar[VirtualChips | None] = ContextVar("virtual chips", default=None)


def played(
    layer: nn.Module, circuits: Circuits, like: Tensor, free: Mapping[str, Tensor] | None = None
) -> Coefficients:
    """What a layer plays on when it is called now.

    Args:
        layer: who asks.
        circuits: its neurons.
        like: its input, [trial, ...]; says how many trials, which numbers, on which device.
        free: factors of some currents that gradients shall flow to, one number each.

    Returns:
        Coefficients of the nominal chip [neuron], or of the chip of each trial [trial, neuron].
    """
    chips, factors = _PLAYING.get(), None
    _refuse_replay(layer, chips is not None)
    if chips is not None:
        draw = chips.draw(layer, circuits.neurons)
        drawn = lumped_factors(draw, circuits.acting())
        chip = np.arange(len(like)) % chips.n
        factors = {name: factor[chip, 0] for name, factor in drawn.items()}
    if free:
        ones = dict.fromkeys(circuits.acting(), np.ones(circuits.neurons))
        drawn = {n: torch.as_tensor(f, dtype=like.dtype) for n, f in (factors or ones).items()}
        factors = drawn | {name: drawn[name] * factor.cpu() for name, factor in free.items()}
    c = circuits.coefficients(like.dtype, factors)
    return c if like.device.type == "cpu" else moved(c, str(like.device), like.dtype)
