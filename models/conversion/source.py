"""A network as another library simulates it: leaky integrate-and-fire neurons in discrete time.

Every step, for every neuron, in this order:
    I <- decay_syn I + drive + weighted spikes      (a decay of 0: a current of one step)
    V <- decay_mem V + gain I + bias                (V counts from its resting value)
    spike where V reaches `threshold`, as often as it fits into V, but at most `most` times;
    then V <- V - reset for each spike, or V <- reset

Whatever a library does in another order or in other units is brought to this form by its reader,
exactly: only products of these numbers are seen in the spikes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..archive import content_hash
from ..errors import InputError, NetworkError, Violation
from ..network import INPUT

PER_NEURON = ("decay_mem", "decay_syn", "gain", "threshold", "bias", "drive", "reset")
"""Fields of a population with one value per neuron."""

NEUTRAL = 1e-6
"""A factor or offset so near to one that changes nothing is taken for it [1]: files are of single
precision."""


@dataclass(frozen=True)
class Change:
    """Something of a source network that the chip does not have as it was."""

    node: str
    """The population, connection or node, by the name it has in the source."""
    field: str
    """Which of its fields."""
    what: Literal["dropped", "clipped", "reinterpreted"]
    """What happened to it."""
    detail: str
    """From what to what, in numbers."""

    def __str__(self) -> str:
        return f"{self.node}: {self.field} {self.what}: {self.detail}"


def span(values: np.ndarray) -> str:
    """The range of some values in words, or the one value that all are.

    >>> span(np.array([0.8, 1.2])), span(np.full(3, 2.0))
    ('0.8 to 1.2', '2')
    """
    least, most = f"{values.min():.3g}", f"{values.max():.3g}"
    return least if least == most else f"{least} to {most}"


@dataclass(frozen=True, eq=False)
class SourcePopulation:
    """Neurons of one layer; see the head of this file for what the numbers do."""

    name: str
    """Unique name."""
    decay_mem: np.ndarray
    """Factor of the membrane per step [1], float64 [neuron]."""
    decay_syn: np.ndarray
    """Factor of the synaptic current per step [1]; 0: the current lasts one step."""
    gain: np.ndarray
    """Membrane per synaptic current and step [1]."""
    threshold: np.ndarray
    """Membrane at which a neuron spikes, above rest."""
    bias: np.ndarray
    """Added to the membrane in every step."""
    drive: np.ndarray
    """Added to the synaptic current in every step (the bias of a linear layer)."""
    reset: np.ndarray
    """What a spike takes from the membrane, or what it sets it to."""
    subtracts: bool = True
    """Whether a spike takes `reset` from the membrane (else sets it to `reset`)."""
    most: np.ndarray | float = 1.0
    """Spikes a neuron can have in a step [1], float64 [neuron]; inf: no limit. What they leave of
    the membrane is there in the next step."""
    strict: bool = False
    """Whether the membrane has to exceed the threshold (else reaching it is enough)."""

    def __post_init__(self) -> None:
        for name in PER_NEURON:
            values = np.array(getattr(self, name), np.float64)
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        most = np.array(self.most, np.float64)
        most = np.full(self.size, most) if most.ndim == 0 else most
        most.setflags(write=False)
        object.__setattr__(self, "most", most)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.decay_mem)

    def tau_mem(self, dt: float) -> np.ndarray:
        """Membrane time constants [s] for a step of `dt` [s], [neuron]; inf without leak."""
        with np.errstate(divide="ignore"):
            return dt / np.abs(np.log(self.decay_mem))

    def tau_syn(self, dt: float) -> np.ndarray:
        """Synaptic time constants [s], [neuron]; 0: the current lasts one step."""
        with np.errstate(divide="ignore"):
            return dt / np.abs(np.log(self.decay_syn))

    def offset(self) -> np.ndarray:
        """What bias and drive add to the membrane in a step, in the long run, [neuron]."""
        return self.bias + self.gain * self.drive / (1.0 - self.decay_syn)


@dataclass(frozen=True, eq=False)
class SourceConnection:
    """Weights from one population, or the input, to another."""

    source: str
    """A population, or 'input'."""
    target: str
    """A population."""
    weights: np.ndarray
    """Signed, float64 [source neuron, target neuron]; what a spike adds to the current."""
    delay: int = 0
    """Steps a spike needs [step]: 0 within a step, 1 for recurrence."""

    def __post_init__(self) -> None:
        weights = np.array(self.weights, np.float64)
        weights.setflags(write=False)
        object.__setattr__(self, "weights", weights)

    def __str__(self) -> str:
        return f"weights '{self.source}' -> '{self.target}'"


@dataclass(frozen=True, eq=False)
class SourceNetwork:
    """Populations in the order in which a step works on them.

    Raises:
        NetworkError: at construction, everything malformed at once: SHAPE, VALUE_NOT_FINITE,
            UNKNOWN_POPULATION, NAME_TAKEN, ORDER, TIME_CONSTANT, THRESHOLD, SPIKES_PER_STEP, STEP.
    """

    n_inputs: int
    """Number of input channels."""
    dt: float
    """Duration of a step [s], a whole number of microseconds."""
    populations: tuple[SourcePopulation, ...]
    """Those that a connection without delay comes from stand before those it goes to."""
    connections: tuple[SourceConnection, ...]
    """Any number, also several between the same two."""
    output: str
    """The population that is read out."""
    changes: tuple[Change, ...] = field(default_factory=tuple)
    """What the reader could not keep."""

    def __post_init__(self) -> None:
        if violations := list(_violations(self)):
            raise NetworkError(violations)

    def population(self, name: str) -> SourcePopulation:
        """The population of that name. Raises InputError UNKNOWN_POPULATION."""
        for population in self.populations:
            if population.name == name:
                return population
        raise InputError(f"there is no population '{name}'", code="UNKNOWN_POPULATION")

    @property
    def hash(self) -> str:
        """Hash of what the network computes."""
        header = {
            "n_inputs": self.n_inputs, "dt": self.dt, "output": self.output,
            "populations": [[p.name, p.subtracts, p.strict] for p in self.populations],
            "connections": [[c.source, c.target, c.delay] for c in self.connections],
        }  # fmt: skip
        arrays = {f"{k}.{n}": getattr(p, n) for k, p in enumerate(self.populations)
                  for n in (*PER_NEURON, "most")}  # fmt: skip
        return content_hash(
            header, arrays | {f"weights.{k}": c.weights for k, c in enumerate(self.connections)}
        )


def _violations(network: SourceNetwork) -> Iterator[Violation]:
    micro = network.dt * 1e6
    if not 1 <= micro <= 1000 or abs(micro - round(micro)) > 1e-6 * micro:
        yield Violation(
            "STEP", "the network", "a step of whole microseconds, at most 1000",
            f"it is {network.dt:g} s", "give the duration of a step on the chip",
        )  # fmt: skip
    known: list[str] = [INPUT]
    sizes = {INPUT: network.n_inputs} | {p.name: p.size for p in network.populations}
    if network.output not in sizes or network.output == INPUT:
        yield Violation(
            "UNKNOWN_POPULATION", "the output", f"a population '{network.output}'",
            f"there are {[p.name for p in network.populations]}",
            "end the network with spiking neurons",
        )  # fmt: skip
    for population in network.populations:
        yield from _population_violations(population)
        if population.name in known:
            yield Violation(
                "NAME_TAKEN", f"population '{population.name}'", "a name of its own",
                "it is that of the input or of another population", "rename it",
            )  # fmt: skip
        known.append(population.name)
        for c in network.connections:
            if c.target == population.name and c.delay == 0 and c.source not in known[:-1]:
                yield Violation(
                    "ORDER", str(c), "a source that stands before its target, or a delay",
                    "it does not", "sort the populations, or give recurrent weights a delay of 1",
                )  # fmt: skip
    for c in network.connections:
        if c.source not in sizes or c.target not in sizes:
            yield Violation(
                "UNKNOWN_POPULATION", str(c), "two populations",
                f"there are {list(sizes)}", "name two of these",
            )  # fmt: skip
        elif c.weights.shape != (sizes[c.source], sizes[c.target]):
            yield Violation(
                "SHAPE", str(c), f"weights of shape {(sizes[c.source], sizes[c.target])}",
                f"got {c.weights.shape}", "transpose or resize the weights",
            )  # fmt: skip
        elif not np.isfinite(c.weights).all():
            yield Violation(
                "VALUE_NOT_FINITE", str(c), "finite weights",
                f"{int((~np.isfinite(c.weights)).sum())} are not", "check the training run",
            )  # fmt: skip


def _population_violations(p: SourcePopulation) -> Iterator[Violation]:
    here = f"population '{p.name}'"
    for name in PER_NEURON:
        values = getattr(p, name)
        if values.shape != (p.size,):
            yield Violation(
                "SHAPE", here, f"{name} of shape {(p.size,)}", f"got {values.shape}",
                "give one value per neuron",
            )  # fmt: skip
        elif not np.isfinite(values).all():
            yield Violation(
                "VALUE_NOT_FINITE", here, f"finite {name}", "some values are not",
                "check the training run",
            )  # fmt: skip
    if ((p.decay_mem <= 0) | (p.decay_mem > 1) | (p.decay_syn < 0) | (p.decay_syn >= 1)).any():
        yield Violation(
            "TIME_CONSTANT", here, "decays between 0 and 1 per step",
            f"the membrane's are {p.decay_mem.min():.3g} to {p.decay_mem.max():.3g}, the "
            f"synapses' {p.decay_syn.min():.3g} to {p.decay_syn.max():.3g}",
            "give time constants longer than a step; of a NIR file check its dialect and dt",
        )  # fmt: skip
    if (p.threshold <= 0).any():
        yield Violation(
            "THRESHOLD", here, "thresholds above the resting value",
            f"{int((p.threshold <= 0).sum())} are not: these neurons fire without input",
            "raise the threshold, or express the drive as a bias",
        )  # fmt: skip
    most = np.asarray(p.most)
    if most.shape != (p.size,) or not (most >= 1).all():
        yield Violation(
            "SPIKES_PER_STEP", here, "a limit of at least one spike per step for every neuron",
            f"it is {p.most}", "give 1 or more (Rockpool: max_spikes_per_dt), or inf for no limit",
        )  # fmt: skip
