"""What the chip is: sizes, limits and parameters as data.

Every limit in the project is read from a `ChipSpec`; no size constant stands anywhere else.
`DYNAPSE2` is the chip; `TINY` is a chip so small that a test reaches its limits at once.

Sources: the sizes are those of the chip's public documentation (open-neuromorphic.org) and of
Rockpool 3.1.0 (`rockpool/devices/dynapse`), parameter names and latches those of the Samna API.
None of it was read back from silicon by us.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

from ..models.errors import InputError

Transistor = Literal["N", "P"]
Scope = Literal["core", "shared", "sadc", "global"]


class Dendrite(IntEnum):
    """The circuit a synapse drives; the values are those of the vendor's interface."""

    NONE = 0
    SHUNT = 128
    """GABA_A: divisive, at the soma."""
    NMDA = 256
    """Slow excitation, optionally gated by the membrane."""
    GABA = 512
    """GABA_B: subtractive."""
    AMPA = 1024
    """Fast excitation."""


@dataclass(frozen=True)
class Parameter:
    """One bias parameter of the chip."""

    name: str
    """The vendor's name, for example 'SOIF_LEAK_N'."""
    transistor: Transistor | None
    """Which of the two bias tables it uses; None: not published."""
    scale: float | None
    """Its current over the generator's (transistor geometry); None: scale factor not published,
    so its code can be stored but its current cannot be computed."""
    scope: Scope
    """One per 'core', per pair of cores ('shared'), per 'sadc' group, or per chip ('global')."""
    meaning: str
    """What it sets, in words."""


LATCHES = (
    "latch_so_dc",
    "latch_so_adaptation",
    "latch_soif_kill",
    "latch_soif_type",
    "latch_coho_ca_mem",
    "latch_ho_enable",
    "latch_ho_active",
    "latch_ho_so_de",
    "latch_deam_ampa",
    "latch_denm_nmda",
    "latch_de_conductance",
    "latch_deam_alpha",
    "latch_denm_alpha",
    "latch_de_mux",
)
"""The switches of one neuron, in the order in which they are stored."""


@dataclass(frozen=True)
class ChipSpec:
    """Sizes and limits of one kind of chip. All numbers are counts unless said otherwise."""

    name: str
    cores: int = 4
    """Cores per chip."""
    neurons_per_core: int = 256
    """Neurons per core."""
    cam_words: int = 64
    """Synapses (CAM words) per neuron."""
    destination_words: int = 4
    """Destinations (SRAM words) per neuron."""
    tags: int = 2048
    """Different tags: 0 .. tags - 1."""
    weight_bits: int = 4
    """Base currents that a synapse can add up."""
    max_hop: int = 7
    """Farthest chip that a destination can name, in either direction [chips]."""
    host_hop: int = -7
    """The x hop that means "deliver to the host" [chips]."""
    max_chips: int = 4
    """Most chips on one board; boards with 1 to 4 were built."""
    coarse_codes: int = 6
    """Coarse bias codes: 0 .. coarse_codes - 1."""
    fine_codes: int = 256
    """Fine bias codes: 0 .. fine_codes - 1."""
    latches: tuple[str, ...] = LATCHES
    """The switches of one neuron, in order."""

    def __post_init__(self) -> None:
        counts = {
            field: size
            for field, size in vars(self).items()
            if isinstance(size, int) and field != "host_hop"
        }
        for field, size in counts.items():
            if size < 1:
                message = f"chip {self.name!r}: {field} is {size}, it must be at least 1"
                raise InputError(message, code="CHIP_SIZE")

    @property
    def neurons(self) -> int:
        """Neurons per chip."""
        return self.cores * self.neurons_per_core

    @property
    def weight_masks(self) -> int:
        """Different weight masks, the empty one included."""
        return 2**self.weight_bits

    @property
    def weight_parameters(self) -> tuple[str, ...]:
        """Names of the base currents of the weights, bit 0 first."""
        return tuple(f"SYAM_W{bit}_P" for bit in range(self.weight_bits))

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Every bias parameter by name; read from hw/data/parameters.csv at the first use."""
        return _parameters()

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name; `InputError` UNKNOWN_PARAMETER names similar ones."""
        found = self.parameters.get(name)
        if found is not None:
            return found
        similar = get_close_matches(name.upper(), self.parameters, n=3)
        hint = f"did you mean {', '.join(similar)}?" if similar else "see hw/data/parameters.csv"
        message = f"chip {self.name!r} has no parameter {name!r}: {hint}"
        raise InputError(message, code="UNKNOWN_PARAMETER")


DYNAPSE2 = ChipSpec("dynapse2")
"""The DYNAP-SE2."""

TINY = ChipSpec(
    "tiny",
    cores=2,
    neurons_per_core=4,
    cam_words=3,
    destination_words=2,
    tags=16,
    max_hop=1,
    host_hop=-1,
    max_chips=1,
)
"""Not a real chip: DYNAPSE2 with limits that a test reaches at once."""


@cache
def _parameters() -> Mapping[str, Parameter]:
    """The table of parameters, in file order.

    Names and meanings are those of the Samna API as public programs use it, scale factors the
    strong-current limits that Rockpool 3.1.0 publishes in `lookup/scaling.py` (which misspells
    SYPD_DLY0..2_P as DYL). Left out: the bioamplifier's parameters, whose names are uncertain.
    """
    text = (files("analoop.hw") / "data" / "parameters.csv").read_text(encoding="utf-8")
    table = {
        row["name"]: Parameter(
            name=row["name"],
            transistor=cast(Transistor, row["type"]) if row["type"] else None,
            scale=float(row["scale"]) if row["scale"] else None,
            scope=cast(Scope, row["scope"]),
            meaning=row["meaning"],
        )
        for row in csv.DictReader(text.splitlines())
    }
    return MappingProxyType(table)
