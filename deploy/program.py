"""The compiled artefact: registers, who is where, and what it should answer, in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..hw.configuration import Configuration, from_content, to_content
from ..hw.events import Events
from ..models.archive import content_hash, read_content, write_archive
from ..models.readout import VERSIONS, Difference, Readout, difference_of, header_of, version_of
from ..models.recording import Stimulus
from ..models.wiring import expand
from .routing import ROUTE

_FORMAT = "program"

NEURON = np.dtype([("chip", "i8"), ("core", "i8"), ("neuron", "i8"), ("tag", "i8")])
"""Where a model neuron sits and under which tag the host sees it."""


@dataclass(frozen=True)
class PopulationSpan:
    """A population and the model indices (and recording columns) it takes."""

    name: str
    """Its name."""
    first: int
    """Model index of its first neuron."""
    size: int
    """Number of neurons."""


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """A short stimulus and what the nominal simulated board answers."""

    stimulus: Stimulus
    """One trial."""
    time_us: np.ndarray
    """Times of the answer [us], int64 [event]."""
    neuron: np.ndarray
    """Model indices of the answer, int64 [event]."""


@dataclass(frozen=True, eq=False)
class Program:
    """A network compiled for a board."""

    configuration: Configuration
    """Every register."""
    neurons: np.ndarray
    """Identity of every model neuron, dtype NEURON, in model order = recording columns."""
    populations: tuple[PopulationSpan, ...]
    """Names of the model indices."""
    inputs: np.ndarray
    """Words the host sends for an event of a channel (`source`), dtype ROUTE."""
    n_inputs: int
    """Number of input channels."""
    output: str
    """The population that is read out."""
    labels: tuple[str, ...]
    """What each output neuron stands for, or nothing."""
    report: Mapping[str, Any]
    """Resources used and available, quantisation per core, connections proved. JSON values."""
    network_hash: str
    """Hash of the network this was compiled from."""
    known_answer: KnownAnswer
    """For `verify`."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """The network's provenance and the versions that compiled it."""
    difference: Difference | None = None
    """How trials are decided, if not by the output neuron, or label, that fires most."""

    @property
    def address(self) -> np.ndarray:
        """(chip, core, neuron) of every model neuron, int64 [neuron, 3]."""
        return np.stack([self.neurons[n] for n in ("chip", "core", "neuron")], axis=1)

    @property
    def output_columns(self) -> slice:
        """Recording columns of the output population."""
        span = next(s for s in self.populations if s.name == self.output)
        return slice(span.first, span.first + span.size)

    @property
    def readout(self) -> Readout:
        """How its trials are decided."""
        return Readout(self.output_columns, self.labels, self.difference)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """ "neuron 3 of 'output'" for every recording column."""
        return tuple(f"neuron {k} of '{s.name}'" for s in self.populations for k in range(s.size))

    @cached_property
    def hash(self) -> str:
        """Hash of everything but the provenance."""
        header, arrays = _to_file(self)
        return content_hash({k: v for k, v in header.items() if k != "provenance"}, arrays)

    def to_events(self, stimulus: Stimulus, trial: int) -> Events:
        """The address events of one trial, sorted by time."""
        mine = stimulus.trial == trial
        channel, time = stimulus.channel[mine], stimulus.time_us[mine]
        first = np.searchsorted(self.inputs["source"], channel, "left")
        last = np.searchsorted(self.inputs["source"], channel, "right")
        event, word = expand(first, last - first)
        sent = self.inputs[word]
        return Events(time[event], sent["tag"], sent["cores"], sent["chip"], np.zeros(len(event)))

    def columns_of(self, events: Events) -> np.ndarray:
        """Recording column of every event from the board; -1 for one that no neuron sends."""
        chip = self.configuration.chip
        table = np.full((self.configuration.n_chips, chip.tags), -1)
        table[self.neurons["chip"], self.neurons["tag"]] = np.arange(len(self.neurons))
        came_from = events.x_hop.astype(np.int64) - chip.host_hop - 1
        known = (
            (came_from >= 0) & (came_from < self.configuration.n_chips) & (events.y_hop == 0)
            & (events.tag >= 0) & (events.tag < chip.tags)
        )  # fmt: skip
        return np.where(
            known, table[np.where(known, came_from, 0), np.where(known, events.tag, 0)], -1
        )

    def save(self, path: str | os.PathLike) -> Path:
        """Write a program file."""
        return write_archive(path, _FORMAT, version_of(self.difference), *_to_file(self))

    @staticmethod
    def load(path: str | os.PathLike) -> Program:
        """Read a program file. Raises FileError, or RegisterError for illegal registers."""
        return read_content(path, _FORMAT, VERSIONS, _from_file)


def _to_file(program: Program) -> tuple[dict, dict[str, np.ndarray]]:
    header, arrays = to_content(program.configuration)
    answer = program.known_answer
    header = {
        "configuration": header,
        "populations": [vars(s) for s in program.populations],
        "n_inputs": program.n_inputs,
        "output": program.output,
        "labels": list(program.labels),
        "report": dict(program.report),
        "network": program.network_hash,
        "provenance": dict(program.provenance),
        **header_of(program.difference),
    }
    own = {f"neurons.{n}": program.neurons[n] for n in NEURON.names or ()}
    own |= {f"inputs.{n}": program.inputs[n] for n in ROUTE.names or ()}
    own |= {
        "answer.duration_us": answer.stimulus.duration_us,
        "answer.sent_time_us": answer.stimulus.time_us,
        "answer.sent_channel": answer.stimulus.channel,
        "answer.time_us": answer.time_us,
        "answer.neuron": answer.neuron,
    }
    return header, arrays | own


def _from_file(header: dict, arrays: dict[str, np.ndarray]) -> Program:
    def table(name: str, dtype: np.dtype) -> np.ndarray:
        out = np.zeros(len(arrays[f"{name}.{(dtype.names or ('',))[0]}"]), dtype)
        for column in dtype.names or ():
            out[column] = arrays[f"{name}.{column}"]
        return out

    sent = arrays["answer.sent_time_us"]
    stimulus = Stimulus(
        header["n_inputs"],
        arrays["answer.duration_us"],
        np.zeros(len(sent), np.int32),
        sent,
        arrays["answer.sent_channel"],
    )
    return Program(
        configuration=from_content(header["configuration"], arrays),
        neurons=table("neurons", NEURON),
        populations=tuple(PopulationSpan(**span) for span in header["populations"]),
        inputs=table("inputs", ROUTE),
        n_inputs=header["n_inputs"],
        output=header["output"],
        labels=tuple(header["labels"]),
        report=header["report"],
        network_hash=header["network"],
        known_answer=KnownAnswer(stimulus, arrays["answer.time_us"], arrays["answer.neuron"]),
        provenance=header["provenance"],
        difference=difference_of(header),
    )
