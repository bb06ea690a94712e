"""A simulated multimeter and a simulated thermometer on a toy circuit. They read without error:
uncertainty comes from what bench.toml says of their accuracy.
"""

from __future__ import annotations

from .scpi_machine import Answer, ScpiMachine, exact, number
from .toy_circuit import ToyCircuit

OVERLOAD = "+9.90000000E+37"
"""What the family says above its range."""


class SimulatedMeter(ScpiMachine):
    """As a 34461A answers; measures the current of the rail, or its voltage."""

    def __init__(self, circuit: ToyCircuit):
        self._current, self._range = True, 10.0
        table: dict[str, Answer] = {
            "CONFigure:CURRent:DC": lambda span: self._configure(True, span, 10.0),
            "CONFigure:VOLTage:DC": lambda span: self._configure(False, span, 1000.0),
            "CURRent:DC:NPLC": lambda v: _ignored(number(v, 0.001, 100)),
            "VOLTage:DC:NPLC": lambda v: _ignored(number(v, 0.001, 100)),
            "FUNCtion?": lambda _: '"CURR"' if self._current else '"VOLT"',
            "READ?": lambda _: self._read(),
        }
        super().__init__("34461A dialect", circuit, table)

    def _configure(self, current: bool, span: str, most: float) -> None:
        self._range = number(span, 0, most) if span else most
        self._current = current

    def _read(self) -> str:
        value = self.circuit.current_A if self._current else self.circuit.voltage_V
        return OVERLOAD if abs(value) > 1.2 * self._range else exact(value)


class SimulatedThermometer(ScpiMachine):
    """Answers `MEAS:TEMP?` in degrees Celsius."""

    def __init__(self, circuit: ToyCircuit):
        table: dict[str, Answer] = {"MEASure:TEMPerature?": lambda _: exact(circuit.temperature_C)}
        super().__init__("thermometer", circuit, table)


def _ignored(value: float) -> None:
    """A setting that changes nothing here."""
