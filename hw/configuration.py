"""The register image of a board: sparse, validated whole, hashed, and a file.

Only what is set is stored: a bias that is not there keeps the chip's reset value (which is
unknown, see chip.md 5), a CAM word, destination or latch that is not there is zero.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ..models.archive import content_hash, read_content, write_archive
from ..models.errors import InputError, RegisterError, Violation
from .bias import Bias
from .chip import DYNAPSE2, TINY, ChipSpec
from .register_check import violations

ADDRESS = [("chip", "i2"), ("core", "i2"), ("neuron", "i2")]

SYNAPSE = np.dtype(
    [*ADDRESS, ("word", "i2"), ("tag", "i4"), ("dendrite", "i2"), ("weight", "u1")]
    + [("stp", "?"), ("precise_delay", "?"), ("mismatched_delay", "?")]
)
"""A CAM word: listens to `tag` on `dendrite` (hw.chip.Dendrite); bit k of `weight` adds W_k."""

DESTINATION = np.dtype(
    [*ADDRESS, ("word", "i2"), ("tag", "i4"), ("cores", "u1"), ("x_hop", "i2"), ("y_hop", "i2")]
)
"""An SRAM word: sends `tag` to the cores set in `cores`, x_hop and y_hop chips away."""

LATCHES = np.dtype([*ADDRESS, ("bits", "u2")])
"""The switches of a neuron: bit k is `ChipSpec.latches[k]`."""

_FORMAT, _VERSION = "configuration", 1
CHIPS = {chip.name: chip for chip in (DYNAPSE2, TINY)}

CoreBiases = Mapping[tuple[int, int], Mapping[str, Bias]]
SharedBiases = Mapping[tuple[int, str], Mapping[str, Bias]]


@dataclass(frozen=True, eq=False)
class Configuration:
    """What is written to a board of `n_chips` chips in a row.

    Raises:
        RegisterError: at construction, with every illegal register at once.
    """

    n_chips: int
    """Chips on the board, 1..4."""
    biases: CoreBiases
    """(chip, core) -> parameter name -> code."""
    synapses: np.ndarray
    """CAM words in use, dtype SYNAPSE, sorted by address."""
    destinations: np.ndarray
    """SRAM words in use, dtype DESTINATION, sorted by address."""
    latches: np.ndarray
    """Neurons with a switch set, dtype LATCHES, sorted by address."""
    shared: SharedBiases = field(default_factory=dict)
    """(chip, 'shared01' | 'shared23' | 'global') -> parameter name -> code."""
    chip: ChipSpec = DYNAPSE2
    """The kind of chip."""

    def __post_init__(self) -> None:
        for name, dtype in (
            ("synapses", SYNAPSE),
            ("destinations", DESTINATION),
            ("latches", LATCHES),
        ):
            array = np.array(getattr(self, name), dtype=dtype)
            order = [f for f in ("chip", "core", "neuron", "word") if f in (dtype.names or ())]
            array = array[np.lexsort([array[f] for f in reversed(order)])]
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for name in ("biases", "shared"):
            own = {place: dict(biases) for place, biases in getattr(self, name).items()}
            object.__setattr__(self, name, own)
        found = list(violations(self))
        if found:
            raise RegisterError(found)

    @cached_property
    def hash(self) -> str:
        """Hash of every register."""
        return content_hash(*to_content(self))

    def save(self, path: str | os.PathLike) -> Path:
        """Write a configuration file (a few bytes per register in use)."""
        return write_archive(path, _FORMAT, _VERSION, *to_content(self))

    @staticmethod
    def load(path: str | os.PathLike) -> Configuration:
        """Read a configuration file. Raises FileError, or RegisterError for illegal content."""
        return read_content(path, _FORMAT, _VERSION, from_content)


def diff(before: Configuration, after: Configuration) -> list[str]:
    """Every register that differs, one line each: "chip 0 core 1 SOIF_LEAK_N: 2,4 -> 2,5"."""
    old, new = _flat(before), _flat(after)
    return [
        f"{key}: {old.get(key, 'unset')} -> {new.get(key, 'unset')}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _flat(configuration: Configuration) -> dict[str, str]:
    c, flat = configuration, {"board chips": f"{configuration.n_chips} x {configuration.chip.name}"}
    for (chip, place), biases in [*c.biases.items(), *c.shared.items()]:
        for name, bias in biases.items():
            where = f"core {place}" if isinstance(place, int) else place
            flat[f"chip {chip} {where} {name}"] = f"{bias.coarse},{bias.fine}"
    for kind in ("synapses", "destinations", "latches"):
        array = getattr(c, kind)
        for row in array:
            where = f"chip {row['chip']} core {row['core']} neuron {row['neuron']}"
            word = f" {kind[:-1]} {row['word']}" if "word" in array.dtype.names else f" {kind}"
            rest = [n for n in array.dtype.names if n not in ("chip", "core", "neuron", "word")]
            flat[where + word] = " ".join(f"{n}={row[n]}" for n in rest)
    return flat


def to_content(configuration: Configuration) -> tuple[dict, dict[str, np.ndarray]]:
    """Header and arrays of a configuration, for a file of its own or inside another."""
    c = configuration
    rows = [
        (str(chip), str(place), name, bias.coarse, bias.fine)
        for (chip, place), biases in [*c.biases.items(), *c.shared.items()]
        for name, bias in biases.items()
    ]
    header = {"chip": c.chip.name, "n_chips": c.n_chips, "biases": sorted(rows)}
    arrays = {}
    for kind in ("synapses", "destinations", "latches"):
        for name in getattr(c, kind).dtype.names:
            arrays[f"{kind}.{name}"] = getattr(c, kind)[name]
    return header, arrays


def from_content(header: Mapping, arrays: Mapping[str, np.ndarray]) -> Configuration:
    """The inverse of `to_content`."""
    core, shared = _biases(header["biases"])

    def table(kind: str, dtype: np.dtype) -> np.ndarray:
        columns = {name: arrays[f"{kind}.{name}"] for name in dtype.names or ()}
        out = np.zeros(len(columns["chip"]), dtype)
        for name, values in columns.items():
            out[name] = values
            if not np.array_equal(out[name], values):
                raise ValueError(f"{kind}.{name} holds values that no register can")
        return out

    return Configuration(
        header["n_chips"],
        core,
        table("synapses", SYNAPSE),
        table("destinations", DESTINATION),
        table("latches", LATCHES),
        shared,
        CHIPS[header["chip"]],
    )


def _biases(rows: list) -> tuple[CoreBiases, SharedBiases]:
    """Biases by place from (chip, place, name, coarse, fine)."""
    core: dict[tuple[int, int], dict[str, Bias]] = {}
    shared: dict[tuple[int, str], dict[str, Bias]] = {}
    illegal = []
    for chip, place, name, coarse, fine in rows:
        where = f"chip {chip} {'core ' if place.isdigit() else ''}{place} {name}"
        try:
            bias = Bias(coarse, fine)
        except InputError as error:
            illegal.append(
                Violation("CODE", where, f"code {coarse},{fine}", str(error), "use a legal code")
            )
            continue
        if place.isdigit():
            core.setdefault((int(chip), int(place)), {})[name] = bias
        else:
            shared.setdefault((int(chip), place), {})[name] = bias
    if illegal:
        raise RegisterError(illegal)
    return core, shared
