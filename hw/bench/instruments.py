"""What an instrument can be asked: one small protocol per capability, and what a driver says of
itself. Drivers are one short file each; others are added by entry points `analoop.instruments`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Literal, NamedTuple, Protocol

from .link import Link
from .replies import InstrumentIdentity

Capability = Literal["supply", "meter", "thermometer", "reset", "load"]
Quantity = Literal["voltage", "current", "temperature"]
UNITS: Mapping[str, str] = {"voltage": "V", "current": "A", "temperature": "degree Celsius"}
GROUP = "analoop.instruments"
"""Entry points of drivers."""


class Instrument(Protocol):
    """Anything on the bench."""

    @property
    def identity(self) -> InstrumentIdentity | None:
        """What it said when it was asked who it is; None for a line."""
        ...


class Supply(Instrument, Protocol):
    """An output that can be switched, with a limit of its own."""

    def protect(self, limit_A: float) -> None:
        """Have the output switched off by the instrument above a current."""
        ...

    def protected_at_A(self) -> float:
        """Where the instrument says that it switches off; infinity if it would not [A]."""
        ...

    def set_voltage(self, voltage_V: float) -> None:
        """Set the voltage, on or off."""
        ...

    def set_at_V(self) -> float:
        """The voltage it is set to [V]."""
        ...

    def switch(self, on: bool) -> None:
        """Switch the output; switching off may be tried again by itself."""
        ...

    def is_on(self) -> bool:
        """Whether the output is on."""
        ...

    def has_tripped(self) -> bool:
        """Whether the limit switched it off."""
        ...

    def clear_trip(self) -> None:
        """Let it be switched on again after a trip."""
        ...

    def read(self, quantity: Quantity) -> float:
        """Voltage [V] or current [A] of the output, as the instrument measures it."""
        ...


class Sensor(Instrument, Protocol):
    """A meter or a thermometer."""

    @property
    def quantity(self) -> Quantity:
        """What it measures."""
        ...

    def read(self, quantity: Quantity) -> float:
        """A reading, in the unit of `UNITS`."""
        ...


class ResetLine(Instrument, Protocol):
    """A line that resets something."""

    def pulse(self) -> None:
        """Pull it, and let it go."""
        ...


class Key(NamedTuple):
    """One setting of a driver in bench.toml."""

    name: str
    """As it is written, with its unit."""
    kind: type
    """int, float, str or bool."""
    default: Any = None
    """None: may be left out, and is then not there."""
    least: float = -1e12
    """Least number that makes sense."""
    most: float = 1e12
    """Largest number that makes sense."""
    legal: tuple[str, ...] = ()
    """Words that make sense; empty: all."""


class Driver(NamedTuple):
    """How to talk to one kind of instrument."""

    name: str
    """As it is written in bench.toml."""
    capability: Capability
    """What it can be asked."""
    build: Callable[[Link, Mapping[str, Any]], Any]
    """The instrument on a link, with its settings."""
    keys: tuple[Key, ...] = ()
    """Its own settings."""
    scpi: bool = True
    """Whether it has `*IDN?`, `*ESE?` and `SYST:ERR?`."""
    baud: int = 9600
    """Baud rate it leaves the factory with [1/s]."""
    simulator: Callable[[Any], Any] | None = None
    """Makes a simulated one on a hw.bench.toy_circuit.ToyCircuit; what --dry-run talks to."""
    tried: str = "never on a real instrument"
    """Where it was tried."""
    rest: Callable[[Mapping[str, Any]], bool] | None = None
    """Level of DTR and RTS at rest, for one that is such a line; None: both are high."""


@dataclass(frozen=True)
class Drivers:
    """All drivers of this installation."""

    known: Mapping[str, Driver]
    """By name."""
    broken: Mapping[str, str]
    """Entry points that could not be loaded, and why."""


def accuracy_keys(capability: Capability, quantity: Quantity) -> tuple[str, str]:
    """Settings that hold the limits of error of a reading: percent of it, and in its unit."""
    of = {"voltage": "_V", "current": "_A"}.get(quantity, "") if capability == "supply" else ""
    return f"accuracy{of}_percent", f"accuracy{of}"


def _without_accuracy(driver: Driver) -> str:
    """Limits of error that a driver of something that reads should have, and does not."""
    quantities: dict[str, tuple[Quantity, ...]] = {"supply": ("voltage", "current")}
    quantities |= {"meter": ("current",), "thermometer": ("temperature",)}
    needed = [
        name
        for quantity in quantities.get(driver.capability, ())
        for name in accuracy_keys(driver.capability, quantity)
    ]
    there = {key.name for key in driver.keys if key.default is not None}
    return ", ".join(name for name in needed if name not in there)


def load_drivers() -> Drivers:
    """Drivers that are delivered, and those of entry points; one that is broken stops no other."""
    from . import line, rigol_supply, scpi_meter, scpi_supply, scpi_thermometer, toy_load

    own = (scpi_supply, rigol_supply, scpi_meter, scpi_thermometer, toy_load)
    known = {module.DRIVER.name: module.DRIVER for module in own}
    known |= {driver.name: driver for driver in (line.DRIVER, line.COMMAND_DRIVER)}
    broken: dict[str, str] = {}
    for point in entry_points(group=GROUP):
        try:
            driver = point.load()
            if not isinstance(driver, Driver) or driver.name in known:
                raise TypeError(f"{driver!r} is no Driver, or its name is taken")
            if missing := _without_accuracy(driver):
                raise TypeError(f"it has no limits of error: give it {missing}, with defaults")
            known[driver.name] = driver
        except Exception as error:  # other people's code
            broken[point.name] = f"{type(error).__name__}: {error}"
    return Drivers(known, broken)
