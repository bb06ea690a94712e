"""Drivers 'line' (DTR or RTS of a serial port) and 'line-by-command' (a microcontroller that takes
`RESET 1` and `RESET 0` and answers `OK`): something is pulled and let go.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ...models.errors import HardwareError, InputError
from .instruments import Driver, Key
from .link import Link
from .ports import gone
from .replies import InstrumentIdentity, refused
from .simulated_line import SimulatedLine
from .transport import SerialTransport


class Line:
    """DTR or RTS; hw.bench.instruments.ResetLine. `active` says which level resets."""

    identity: InstrumentIdentity | None = None

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link, self._settings = link, settings

    def pulse(self) -> None:
        transport = self._link.transport
        name, pin = self._link.wiring.name, self._settings["pin"].lower()
        if not isinstance(transport, SerialTransport):
            raise InputError(
                f"{name}: a pin needs a serial port, {self._link.wiring.port} is none: name one",
                code="NO_PIN",
            )
        active = self._settings["active"] == "high"
        try:
            setattr(transport.port, pin, active)
            self._link.log.remark(name, f"{pin} {'high' if active else 'low'}")
            time.sleep(self._settings["pulse_s"])
        except Exception as error:
            raise gone(name, error) from error
        finally:
            self._let_go(transport, name, pin, not active)

    def _let_go(self, transport: SerialTransport, name: str, pin: str, level: bool) -> None:
        """A line that stays pulled would keep the board in reset, so failing here is an error."""
        try:
            setattr(transport.port, pin, level)
            self._link.log.remark(name, f"{pin} {'high' if level else 'low'}")
        except Exception as error:
            raise gone(name, error) from error


class CommandLine:
    """A microcontroller; hw.bench.instruments.ResetLine."""

    identity: InstrumentIdentity | None = None

    def __init__(self, link: Link, settings: Mapping[str, Any]):
        self._link, self._settings = link, settings

    def pulse(self) -> None:
        try:
            self._link.ask(self._settings["pull"], read_ok)
            time.sleep(self._settings["pulse_s"])
        finally:
            self._link.ask(self._settings["release"], read_ok)


def read_ok(line: str) -> None:
    """What the microcontroller says when it did it. Raises HardwareError."""
    if line.startswith("ERR"):
        raise HardwareError(f"the microcontroller says {line[:80]!r}", code="INSTRUMENT_ERROR")
    if line != "OK":
        raise refused(line, "OK")


def rest(settings: Mapping[str, Any]) -> bool:
    """The level that resets nothing."""
    return settings["active"] == "low"


PULSE = Key("pulse_s", float, 0.2, 0.0, 60.0)

DRIVER = Driver(
    "line",
    "reset",
    Line,
    (
        Key("pin", str, "DTR", legal=("DTR", "RTS")),
        Key("active", str, "high", legal=("high", "low")),
        PULSE,
    ),
    scpi=False,
    rest=rest,
)

COMMAND_DRIVER = Driver(
    "line-by-command",
    "reset",
    CommandLine,
    (Key("pull", str, "RESET 1"), Key("release", str, "RESET 0"), PULSE),
    scpi=False,
    baud=115200,
    simulator=SimulatedLine,
)
