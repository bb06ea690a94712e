"""Driver 'rigol-supply': Rigol DP800 series (channels as words, `CH1`; a protection of its own).

Voltage, current and power come in one line, and have to agree: a digit that was lost or bent does
not pass, if it changes the power by more than `ROUNDED_W` and 2 %.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from .instruments import Driver, Quantity
from .link import Link
from .replies import ANY, InstrumentIdentity, read_number, read_switch, refused
from .scpi_supply import MOST_A, MOST_V, SHAPE, SUPPLY_KEYS
from .simulated_supply import RigolSupply as Simulated

DECIMALS = r"-?\d{1,2}\.\d{3,4}"
ROUNDED_W = 0.01
"""Least difference of power and voltage times current that counts as one [W]; half a digit each,
and what changed in between."""


class RigolSupply:
    """One channel; hw.bench.instruments.Supply."""

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link, self._at = link, f"CH{settings['channel']}"
        self._decimals = None if settings["shape"] == "any" else DECIMALS

    @property
    def identity(self) -> InstrumentIdentity | None:
        return self._link.identity

    def protect(self, limit_A: float) -> None:
        self._link.tell(f":OUTP:OCP:VAL {self._at},{limit_A:.4f}")
        self._link.tell(f":OUTP:OCP {self._at},ON")

    def protected_at_A(self) -> float:
        limit = self._number(":OUTP:OCP:VAL?", MOST_A)
        return limit if self._switch(":OUTP:OCP?") else math.inf

    def set_voltage(self, voltage_V: float) -> None:
        self._link.tell(f":SOUR{self._at[2:]}:VOLT {voltage_V:.4f}")

    def set_at_V(self) -> float:
        read = partial(read_number, shape=ANY, least=-MOST_V, most=MOST_V)
        return self._link.ask(f":SOUR{self._at[2:]}:VOLT?", read)

    def switch(self, on: bool) -> None:
        self._link.tell(f":OUTP {self._at},{'ON' if on else 'OFF'}", again=not on)

    def is_on(self) -> bool:
        return self._switch(":OUTP?")

    def has_tripped(self) -> bool:
        return self._switch(":OUTP:OCP:QUES?")

    def clear_trip(self) -> None:
        self._link.tell(f":OUTP:OCP:CLEAR {self._at}")

    def read(self, quantity: Quantity) -> float:
        volts, amperes = self._link.ask(
            f":MEAS:ALL? {self._at}", partial(read_all, exact=self._decimals is not None)
        )
        return volts if quantity == "voltage" else amperes

    def _number(self, question: str, most: float) -> float:
        read = partial(read_number, shape=self._decimals or ANY, least=-most, most=most)
        return self._link.ask(f"{question} {self._at}", read)

    def _switch(self, question: str) -> bool:
        return self._link.ask(f"{question} {self._at}", read_switch)


def read_all(line: str, exact: bool = True) -> tuple[float, float]:
    """Voltage [V] and current [A] of 'V,I,P'. Raises HardwareError GARBLED."""
    fields = line.split(",")
    if len(fields) != 3:
        raise refused(line, "voltage, current and power")
    shapes = (r"-?\d{1,2}\.\d{4}", r"-?\d{1,2}\.\d{4}", r"-?\d{1,3}\.\d{3}")
    if exact and not all(re.fullmatch(s, f, re.ASCII) for s, f in zip(shapes, fields, strict=True)):
        raise refused(line, "voltage, current and power with 4, 4 and 3 decimals")
    volts, amperes, watts = map(read_number, fields)
    if abs(watts - volts * amperes) > max(ROUNDED_W, 0.02 * abs(watts)):
        raise refused(line, "voltage times current that gives the power")
    return volts, amperes


DRIVER = Driver("rigol-supply", "supply", RigolSupply, (*SUPPLY_KEYS, SHAPE), simulator=Simulated)
