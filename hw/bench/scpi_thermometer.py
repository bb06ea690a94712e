"""Driver 'scpi-thermometer': whatever answers `MEAS:TEMP?` in degrees Celsius as Keysight's meters
do; another `question` and `shape` serve others, as "CRDG? 1" and "+00.000" a Lake Shore 218.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .instruments import Driver, Key, Quantity
from .link import Link
from .replies import ANY, EXACT, InstrumentIdentity, read_number
from .simulated_meter import SimulatedThermometer

LEAST_C, MOST_C = -80.0, 200.0
"""What a bench can be [degree Celsius]."""
SHAPES = {
    "exact": EXACT,
    "+000.000": r"[+-]\d{3}\.\d{3}",
    "+00.000": r"[+-]\d{2}\.\d{3}",
    "any": ANY,
}
"""How readings are written: as Keysight does, a sign and so many digits, anyhow."""


class ScpiThermometer:
    """A thermometer; hw.bench.instruments.Sensor."""

    quantity: Quantity = "temperature"

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link, self._question = link, settings["question"]
        shape = SHAPES[settings["shape"]]
        self._parsed = partial(read_number, shape=shape, least=LEAST_C, most=MOST_C)

    @property
    def identity(self) -> InstrumentIdentity | None:
        return self._link.identity

    def read(self, quantity: Quantity) -> float:
        return self._link.ask(self._question, self._parsed)


DRIVER = Driver(
    "scpi-thermometer",
    "thermometer",
    ScpiThermometer,
    (
        Key("question", str, "MEAS:TEMP?"),
        Key("accuracy_percent", float, 0.0, 0.0, 100.0),
        Key("accuracy", float, 0.5, 0.0, 50.0),
        Key("shape", str, "exact", legal=tuple(SHAPES)),
    ),
    simulator=SimulatedThermometer,
)
