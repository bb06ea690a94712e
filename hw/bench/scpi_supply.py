"""Driver 'scpi-supply': Keysight E36100, E36200 and E36300 series, and others of that dialect
(channels as lists, `(@1)`). Over-current protection trips where the current limit is reached.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from .instruments import Driver, Key, Quantity
from .link import Link
from .replies import ANY, EXACT, InstrumentIdentity, read_number, read_switch
from .simulated_supply import KeysightSupply

MOST_V, MOST_A = 100.0, 50.0
"""Beyond any output of these series."""
QUESTIONS: Mapping[Quantity, tuple[str, float]] = {
    "voltage": ("MEAS:VOLT?", MOST_V),
    "current": ("MEAS:CURR?", MOST_A),
}


class ScpiSupply:
    """One channel; hw.bench.instruments.Supply."""

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link, self._at = link, f"(@{settings['channel']})"
        self._shape = ANY if settings["shape"] == "any" else EXACT

    @property
    def identity(self) -> InstrumentIdentity | None:
        return self._link.identity

    def protect(self, limit_A: float) -> None:
        self._link.tell(f"CURR {limit_A:.6g},{self._at}")
        self._link.tell(f"CURR:PROT:STAT ON,{self._at}")

    def protected_at_A(self) -> float:
        limit = self._number("CURR?", MOST_A)
        return limit if self._switch("CURR:PROT:STAT?") else math.inf

    def set_voltage(self, voltage_V: float) -> None:
        self._link.tell(f"VOLT {voltage_V:.6g},{self._at}")

    def set_at_V(self) -> float:
        return self._number("VOLT?", MOST_V)

    def switch(self, on: bool) -> None:
        self._link.tell(f"OUTP {'ON' if on else 'OFF'},{self._at}", again=not on)

    def is_on(self) -> bool:
        return self._switch("OUTP?")

    def has_tripped(self) -> bool:
        return self._switch("CURR:PROT:TRIP?")

    def clear_trip(self) -> None:
        self._link.tell(f"OUTP:PROT:CLE {self._at}")

    def read(self, quantity: Quantity) -> float:
        return self._number(*QUESTIONS[quantity])

    def _number(self, question: str, most: float) -> float:
        read = partial(read_number, shape=self._shape, least=-most, most=most)
        return self._link.ask(f"{question} {self._at}", read)

    def _switch(self, question: str) -> bool:
        return self._link.ask(f"{question} {self._at}", read_switch)


SHAPE = Key("shape", str, "exact", legal=("exact", "any"))
CHANNEL = Key("channel", int, 1, 1, 16)
SUPPLY_KEYS = (
    CHANNEL,
    Key("limit_A", float, None, 1e-6, MOST_A),
    Key("voltage_V", float, None, 0.0, MOST_V),
    Key("accuracy_V_percent", float, 0.05, 0.0, 100.0),
    Key("accuracy_V", float, 0.005, 0.0, 10.0),
    Key("accuracy_A_percent", float, 0.1, 0.0, 100.0),
    Key("accuracy_A", float, 0.005, 0.0, 10.0),
)
"""What every supply can be told; accuracies are assumed, as of a mid-range supply's read-back."""

DRIVER = Driver(
    "scpi-supply", "supply", ScpiSupply, (*SUPPLY_KEYS, SHAPE), simulator=KeysightSupply
)
