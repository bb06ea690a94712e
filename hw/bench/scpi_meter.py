"""Driver 'scpi-meter': Keysight 34461A and its family, HP/Agilent 34401A (`remote = true` on its
serial port), and others of that dialect. One quantity, one range: it is set up once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...models.errors import HardwareError
from .instruments import Driver, Key, Quantity
from .link import Link
from .replies import ANY, EXACT, InstrumentIdentity, read_number, refused
from .scpi_supply import SHAPE
from .simulated_meter import SimulatedMeter

MOST = {"current": 10.0, "voltage": 1000.0}
"""Largest reading of the family [A, V]."""
FUNCTIONS = {"current": "CURR:DC", "voltage": "VOLT:DC"}


class ScpiMeter:
    """A multimeter; hw.bench.instruments.Sensor."""

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link, self._settings = link, settings
        self._shape = ANY if settings["shape"] == "any" else EXACT
        self._ready = False

    @property
    def identity(self) -> InstrumentIdentity | None:
        return self._link.identity

    @property
    def quantity(self) -> Quantity:
        return self._settings["quantity"]

    def read(self, quantity: Quantity) -> float:
        for _ in range(2):
            if not self._ready:
                self._set_up()
            found = self._link.ask("FUNC?;READ?", self._parsed)
            if found is not None:
                return found
            self._ready = False  # it was switched off and on, or somebody pressed a key
        raise HardwareError(
            f"{self._link.wiring.name} does not stay at {FUNCTIONS[self.quantity]}: is somebody at "
            "its front panel?",
            code="WRONG_FUNCTION",
        )

    def _parsed(self, line: str) -> float | None:
        """A reading behind the function it was made with, '"CURR";+1.23456789E-03'; None if that
        is another function. Raises HardwareError GARBLED."""
        found = re.fullmatch(r'"([A-Z]{3,8})(?::DC)?";(\S+)', line, re.ASCII)
        if found is None:
            raise refused(line, "function and reading")
        if found[1] != FUNCTIONS[self.quantity].partition(":")[0]:
            return None
        most = MOST[self.quantity] * 1.2
        return read_number(found[2], self._shape, -most, most)

    def _set_up(self) -> None:
        """Quantity, range, and how long it integrates [power line cycles]."""
        if self._settings["remote"]:
            self._link.tell("SYST:REM")
        function, span = FUNCTIONS[self.quantity], self._settings.get("range")
        self._link.tell(f"CONF:{function}" + ("" if span is None else f" {span:g}"))
        self._link.tell(f"{function}:NPLC {self._settings['nplc']:g}")
        self._ready = True


DRIVER = Driver(
    "scpi-meter",
    "meter",
    ScpiMeter,
    (
        Key("quantity", str, "current", legal=("current", "voltage")),
        Key("range", float, None, 0.0, 1000.0),
        Key("nplc", float, 1.0, 0.001, 100.0),
        Key("remote", bool, False),
        Key("accuracy_percent", float, 0.05, 0.0, 100.0),
        Key("accuracy", float, 1e-5, 0.0, 10.0),
        SHAPE,
    ),
    simulator=SimulatedMeter,
)
