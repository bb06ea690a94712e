"""The network we carry everywhere: populations, and projections of one dendrite type each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .archive import content_hash, read_content, write_archive
from .errors import InputError, NetworkError, Violation
from .parameters import DENDRITES, NeuronParameters
from .readout import VERSIONS, Difference, Readout, difference_of, header_of, version_of

INPUT = "input"
"""Name of the source that stands for the network's input channels."""

_FORMAT = "network"


@dataclass(frozen=True)
class Population:
    """Neurons that share their parameters."""

    name: str
    """Unique name; 'input' is taken by the input channels."""
    size: int
    """Number of neurons."""
    parameters: NeuronParameters
    """Their currents and switches."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Synapses from one source to one population, all on one dendrite.

    The sign of a connection is its dendrite (ampa and nmda excite, gaba and shunt inhibit);
    a signed weight matrix becomes two projections.
    """

    source: str
    """A population, or 'input'."""
    target: str
    """A population."""
    dendrite: str
    """'ampa', 'nmda', 'gaba' or 'shunt'."""
    weights: np.ndarray
    """Weight current of each synapse [A], float64 [source neuron, target neuron]; 0 is none."""

    def __post_init__(self) -> None:
        weights = np.array(self.weights, dtype=np.float64)
        weights.setflags(write=False)
        object.__setattr__(self, "weights", weights)

    def __str__(self) -> str:
        return f"projection '{self.source}' -> '{self.target}' ({self.dendrite})"


@dataclass(frozen=True, eq=False)
class Network:
    """A spiking network in the chip's own terms, before any chip is chosen.

    Raises:
        NetworkError: at construction, with every malformed part at once.
    """

    n_inputs: int
    """Number of input channels."""
    populations: tuple[Population, ...]
    """In model order: neuron 0 is the first neuron of the first population."""
    projections: tuple[Projection, ...]
    """At most one per source, target and dendrite."""
    output: str
    """The population that is read out."""
    labels: tuple[str, ...] = ()
    """What each output neuron stands for, or nothing; spikes of neurons with the same label are
    counted together."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """How it was made: command, versions, seed, accuracy. JSON values only."""
    difference: Difference | None = None
    """How trials are decided, if not by the output neuron, or label, that fires most."""

    def __post_init__(self) -> None:
        violations = list(_violations(self))
        if violations:
            raise NetworkError(violations)

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Model index of the first neuron of each population."""
        offsets, total = {}, 0
        for population in self.populations:
            offsets[population.name] = total
            total += population.size
        return offsets

    def place_of(self, population: str) -> slice:
        """Model indices of a population's neurons."""
        first = self.offsets[population]
        return slice(first, first + self.population(population).size)

    @property
    def readout(self) -> Readout:
        """How its trials are decided."""
        return Readout(self.place_of(self.output), self.labels, self.difference)

    @property
    def n_neurons(self) -> int:
        """Number of neurons of all populations."""
        return sum(population.size for population in self.populations)

    def population(self, name: str) -> Population:
        """The population of that name. Raises InputError UNKNOWN_POPULATION."""
        for population in self.populations:
            if population.name == name:
                return population
        names = [p.name for p in self.populations]
        raise InputError(
            f"there is no population '{name}': there are {names}", code="UNKNOWN_POPULATION"
        )

    def size_of(self, source: str) -> int:
        """Number of neurons of a population, or of input channels."""
        return self.n_inputs if source == INPUT else self.population(source).size

    def neuron_name(self, index: int) -> str:
        """The user's words for a model index: "neuron 41 of 'hidden'"."""
        for population in self.populations:
            if index < population.size:
                return f"neuron {index} of '{population.name}'"
            index -= population.size
        raise IndexError(index)

    @cached_property
    def hash(self) -> str:
        """Hash of what the network computes (not of its provenance)."""
        header, arrays = _to_file(self)
        return content_hash({k: v for k, v in header.items() if k != "provenance"}, arrays)

    def save(self, path: str | os.PathLike) -> Path:
        """Write a network file."""
        return write_archive(path, _FORMAT, version_of(self.difference), *_to_file(self))

    @staticmethod
    def load(path: str | os.PathLike) -> Network:
        """Read a network file. Raises FileError, or NetworkError for malformed content."""
        return read_content(path, _FORMAT, VERSIONS, _from_file)


def _to_file(network: Network) -> tuple[dict, dict[str, np.ndarray]]:
    header = {
        "n_inputs": network.n_inputs,
        "populations": [
            {"name": p.name, "size": p.size, "parameters": vars(p.parameters)}
            for p in network.populations
        ],
        "projections": [
            {"source": p.source, "target": p.target, "dendrite": p.dendrite}
            for p in network.projections
        ],
        "output": network.output,
        "labels": list(network.labels),
        "provenance": dict(network.provenance),
        **header_of(network.difference),
    }
    return header, {f"weights_{k}": p.weights for k, p in enumerate(network.projections)}


def _from_file(header: dict, arrays: dict[str, np.ndarray]) -> Network:
    return Network(
        n_inputs=header["n_inputs"],
        populations=tuple(
            Population(p["name"], p["size"], NeuronParameters(**p["parameters"]))
            for p in header["populations"]
        ),
        projections=tuple(
            Projection(p["source"], p["target"], p["dendrite"], arrays[f"weights_{k}"])
            for k, p in enumerate(header["projections"])
        ),
        output=header["output"],
        labels=tuple(header["labels"]),
        provenance=header["provenance"],
        difference=difference_of(header),
    )


def _violations(network: Network):
    names = [p.name for p in network.populations]
    sizes = {p.name: p.size for p in network.populations} | {INPUT: network.n_inputs}
    if network.n_inputs < 0:
        yield Violation(
            "SHAPE", "the network", f"{network.n_inputs} input channels", "there are 0 or more",
            "give the number of channels",
        )  # fmt: skip
    if not names:
        yield Violation("EMPTY", "the network", "a population", "it has none", "add one")
    for name in names:
        if names.count(name) > 1 or name == INPUT:
            yield Violation(
                "NAME_TAKEN", f"population '{name}'", "a name of its own",
                "that name is taken", "rename it",
            )  # fmt: skip
        if sizes[name] < 1:
            yield Violation(
                "EMPTY", f"population '{name}'", "at least one neuron", "it has none", "remove it"
            )
    if network.output not in names:
        yield Violation(
            "UNKNOWN_POPULATION", "the output", f"a population '{network.output}'",
            f"there are {names}", "name one of these",
        )  # fmt: skip
    elif network.labels and len(network.labels) != sizes[network.output]:
        yield Violation(
            "SHAPE", "labels", f"{sizes[network.output]} entries, one per output neuron",
            f"there are {len(network.labels)}", "give one per output neuron or none",
        )  # fmt: skip
    elif network.difference is not None and network.labels:
        yield Violation(
            "LABELS", "labels", "output neurons that answer each for itself",
            "here the halves of the output are compared, whose answers are 0 and 1",
            "leave out the labels, or the difference",
        )  # fmt: skip
    elif network.difference is not None and sizes[network.output] % 2:
        yield Violation(
            "SHAPE", "the output", "two halves whose rates are compared",
            f"there are {sizes[network.output]} neurons", "take an even number",
        )  # fmt: skip
    others = {type(label).__name__ for label in network.labels if not isinstance(label, str)}
    if others:
        yield Violation(
            "LABELS", "labels", "texts", f"there are values of type {', '.join(sorted(others))}",
            "give tuple(map(str, labels))",
        )  # fmt: skip
    seen = set()
    for projection in network.projections:
        yield from _projection_violations(projection, sizes)
        key = (projection.source, projection.target, projection.dendrite)
        if key in seen:
            yield Violation(
                "PROJECTION_TWICE", str(projection), "a place of its own",
                "there is another one", "add the two weight matrices",
            )  # fmt: skip
        seen.add(key)


def _projection_violations(projection: Projection, sizes: dict[str, int]):
    known = sizes.keys() - {INPUT}
    for name, allowed in ((projection.source, sizes.keys()), (projection.target, known)):
        if name not in allowed:
            yield Violation(
                "UNKNOWN_POPULATION", str(projection), f"a population '{name}'",
                f"there are {sorted(allowed)}", "name one of these",
            )  # fmt: skip
            return
    if projection.dendrite not in DENDRITES:
        yield Violation(
            "UNKNOWN_DENDRITE", str(projection), f"a dendrite '{projection.dendrite}'",
            f"there are {list(DENDRITES)}", "name one of these",
        )  # fmt: skip
    shape = (sizes[projection.source], sizes[projection.target])
    if projection.weights.shape != shape:
        yield Violation(
            "SHAPE", str(projection), f"weights of shape {shape} [source, target]",
            f"got {projection.weights.shape}", "transpose or resize the weights",
        )  # fmt: skip
        return
    for bad, code, need in (
        (~np.isfinite(projection.weights), "WEIGHT_NOT_FINITE", "finite weights"),
        (projection.weights < 0, "WEIGHT_NEGATIVE", "weight currents >= 0 (a sign is a dendrite)"),
    ):
        if bad.any():
            pre, post = np.argwhere(bad)[0]
            yield Violation(
                code, str(projection), need,
                f"{bad.sum()} are not, the first at [{pre}, {post}] = "
                f"{projection.weights[pre, post]}",
                "check the training run" if code == "WEIGHT_NOT_FINITE"
                else "put negative weights on 'gaba' or 'shunt' as positive currents",
            )  # fmt: skip
