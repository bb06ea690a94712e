"""Driver 'scpi-meter': Keysight 34461A and its family, HP/Agilent 34401A (`remote = true` on its
serial port), and others of that dialect. One quantity, one range: it is set up once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .instruments import Driver, Key, Quantity
from .link import Link
from .replies import ANY, EXACT, InstrumentIdentity, read_number
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
        if not self._ready:
            self._set_up()
        most = MOST[self.quantity] * 1.2
        return self._link.ask(
            "READ?", partial(read_number, shape=self._shape, least=-most, most=most)
        )

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
