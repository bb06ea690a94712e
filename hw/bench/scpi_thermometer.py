"""Driver 'scpi-thermometer': whatever answers `MEAS:TEMP?` in degrees Celsius; another `question`
serves others, as "CRDG? A" for a Lake Shore.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .instruments import Driver, Key, Quantity
from .link import Link
from .replies import InstrumentIdentity, read_number
from .simulated_meter import SimulatedThermometer

LEAST_C, MOST_C = -80.0, 200.0
"""What a bench can be [degree Celsius]."""


class ScpiThermometer:
    """A thermometer; hw.bench.instruments.Sensor."""

    quantity: Quantity = "temperature"

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link, self._question = link, settings["question"]

    @property
    def identity(self) -> InstrumentIdentity | None:
        return self._link.identity

    def read(self, quantity: Quantity) -> float:
        return self._link.ask(self._question, partial(read_number, least=LEAST_C, most=MOST_C))


DRIVER = Driver(
    "scpi-thermometer",
    "thermometer",
    ScpiThermometer,
    (
        Key("question", str, "MEAS:TEMP?"),
        Key("accuracy_percent", float, 0.0, 0.0, 100.0),
        Key("accuracy", float, 0.5, 0.0, 50.0),
    ),
    simulator=SimulatedThermometer,
)
