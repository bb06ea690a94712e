"""What a sheet of neurons is given, and what it gives: the terms every runner shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .neuron import State


class Plastic(NamedTuple):
    """Synapses with short-term depression, see models/plasticity.py."""

    synapse: np.ndarray
    """Which of them each entry of the wiring is, int64 [entry]; -1: one without."""
    share: np.ndarray
    """What one event takes of what is left, float64 [chip, plastic] [1]."""
    rate: np.ndarray
    """Recovery per step, float64 [chip, plastic] [1]."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """Who hears whom: entries `start[source]` to `start[source + 1]` are what a source reaches.

    The first sources are the neurons of the sheet, those after them are outside.
    """

    start: np.ndarray
    """First entry of each source, int64 [source + 1]."""
    slot: np.ndarray
    """dendrite * neurons + neuron that each entry reaches, int32 [entry]."""
    weight: np.ndarray
    """Weight current of each entry [A], float32 [chip, entry]. Summed in float64, which is exact
    for some thousand whose largest is at most 10,000 times the smallest: their order then
    cannot change a bit."""
    delay: np.ndarray
    """Steps by which each entry is late, beyond the one step everything takes; int64
    [chip, entry], or [chip, 0] where nothing is delayed."""
    plastic: Plastic | None = None
    """Of the entries that change with their own events; None: none does."""

    @property
    def ring(self) -> int:
        """Steps ahead for which arrivals must be kept."""
        return 1 + int(self.delay.max(initial=0))


def wire(
    reached: list[np.ndarray],
    slot: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray | None = None,
    plastic: Plastic | None = None,
) -> Wiring:
    """Wiring from the synapses each source reaches.

    Args:
        reached: for each source, synapse numbers.
        slot: of each synapse, [synapse].
        weight: of each synapse [A], [chip, synapse]; rounded to float32 values here.
        delay: of each synapse in steps, [chip, synapse]; None: none.
        plastic: with `synapse` of each synapse instead of each entry; None: none is.
    """
    length = np.array([len(r) for r in reached], np.int64)
    entry = np.concatenate([np.zeros(0, np.int64), *reached])
    late = delay is not None and bool(delay.any())
    return Wiring(
        np.concatenate([np.zeros(1, np.int64), np.cumsum(length)]),
        np.ascontiguousarray(slot[entry], dtype=np.int32),
        np.ascontiguousarray(weight[:, entry], dtype=np.float32),
        np.ascontiguousarray(
            delay[:, entry] if late and delay is not None else np.zeros((len(weight), 0)),
            dtype=np.int64,
        ),
        plastic and plastic._replace(synapse=plastic.synapse[entry]),
    )


def expand(first: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The entries of some lists that lie end to end, each given by its first entry and its length.

    Returns:
        For every entry the list it belongs to, and where it lies, int64 [entry].
    """
    which = np.repeat(np.arange(len(first)), length)
    return which, np.arange(len(which)) + (first - (np.cumsum(length) - length))[which]


def joined(first: Wiring, second: Wiring) -> Wiring:
    """The sources of both, those of `first` before those of `second`."""
    chips = len(first.weight)
    parts = [
        w.delay if w.delay.shape[1] else np.zeros_like(w.weight, np.int64) for w in (first, second)
    ]
    late = first.delay.shape[1] or second.delay.shape[1]
    return Wiring(
        np.concatenate([first.start, second.start[1:] + first.start[-1]]),
        np.concatenate([first.slot, second.slot]),
        np.concatenate([first.weight, second.weight], axis=1),
        np.concatenate(parts, axis=1) if late else np.zeros((chips, 0), np.int64),
        _both(first.plastic, second.plastic),
    )


def _both(first: Plastic | None, second: Plastic | None) -> Plastic | None:
    """Of the entries of two wirings of the same synapses."""
    if first is None or second is None:
        return None
    return first._replace(synapse=np.concatenate([first.synapse, second.synapse]))


class Drive(NamedTuple):
    """Outside events of some trials, sorted by trial and step."""

    steps: np.ndarray
    """Steps of each trial, int64 [trial]."""
    first: np.ndarray
    """First event of each trial, int64 [trial + 1]."""
    step: np.ndarray
    """Step of each event, int64 [event]."""
    source: np.ndarray
    """Source of each event, a row of the wiring, int64 [event]."""


def drive(steps: np.ndarray, trial: np.ndarray, step: np.ndarray, source: np.ndarray) -> Drive:
    """Sort events into a drive."""
    order = np.lexsort((step, trial))
    first = np.searchsorted(trial[order], np.arange(len(steps) + 1))
    arrays = (steps, first, step[order], source[order])
    return Drive(*(np.ascontiguousarray(a, dtype=np.int64) for a in arrays))


class Chance(NamedTuple):
    """Which random numbers come next."""

    key: np.ndarray
    """Names those of each trial, uint64 [chip, trial]."""
    step: np.ndarray
    """Steps of each trial that were played, int64 [trial]."""


class Depressed(NamedTuple):
    """Where synapses with short-term depression stand."""

    left: np.ndarray
    """Share of the weight left right after the last event, float64 [chip, trial, plastic] [1]."""
    since: np.ndarray
    """Steps since that event, int64 [chip, trial, plastic]."""


class Meter(NamedTuple):
    """Watches some neurons while they run: sums over the steps of what stood at their ends."""

    neuron: np.ndarray
    """Which neurons, int64 [watched]."""
    steps: np.ndarray
    """Steps of each trial that were summed, int64 [trial]."""
    total: np.ndarray
    """Sums, float64 [chip, trial, row, watched]. Rows: soma current [A],
    adaptation current [A], 1 where refractory, current of each present dendrite [A]."""


SOMA, ADAPTATION, REFRACTORY, FIRST_DENDRITE = range(4)
"""Rows of `Meter.total`; from FIRST_DENDRITE on, one row per present dendrite."""


def metering(neuron: np.ndarray, chips: int, trials: int, dendrites: int) -> Meter:
    """A meter at zero."""
    watched = np.asarray(neuron, np.int64)
    total = np.zeros((chips, trials, FIRST_DENDRITE + dendrites, len(watched)))
    return Meter(watched, np.zeros(trials, np.int64), total)


class SheetState(NamedTuple):
    """Everything a sheet remembers between two runs."""

    neurons: State
    """Tensors [chip, trial, neuron]."""
    pending: np.ndarray
    """Weight currents still to arrive [A], [chip, trial, steps ahead, dendrite, neuron]."""
    chance: Chance | None = None
    """Of the noise; None: there is none."""
    meter: Meter | None = None
    """What watched neurons did; None: nobody watches. It changes nothing else."""
    depressed: Depressed | None = None
    """Of the plastic synapses; None: all rested, or there are none."""


def from_now(pending: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """What is on its way after `steps` steps of each trial, the next step first.

    While a run lasts, what arrives in step k is kept in place k modulo the steps ahead.
    """
    ring = pending.shape[2]
    if ring == 1:
        return pending
    ahead = (np.arange(ring) + steps[:, None]) % ring
    return np.take_along_axis(pending, ahead[None, :, :, None, None], axis=2)


class Run(NamedTuple):
    """What a sheet did; spikes are sorted by chip, trial, step and neuron."""

    chip: np.ndarray
    """Chip of each spike, int32 [spike]."""
    trial: np.ndarray
    """Trial of each spike, int32 [spike]."""
    step: np.ndarray
    """Step of each spike, int32 [spike]."""
    neuron: np.ndarray
    """Neuron of each spike, int32 [spike]."""
    within: np.ndarray
    """Moment of each spike after the start of its step [s], float64 [spike]."""
    saturated: np.ndarray
    """Number of (neuron, step) in which a neuron could not spike as often as its equations say:
    one spike per step is the most; int64 [chip, trial]."""
    state: SheetState
    """At the end of each trial."""
    runner: str
    """What computed it."""
