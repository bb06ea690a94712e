"""What an instrument may answer, read strictly: a reply is what was asked for in every character,
or it is refused. A number that was bent on the wire must not pass for a reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ...models.errors import HardwareError

OVERLOAD, NOT_A_NUMBER = 9.9e37, 9.91e37
"""What SCPI says in place of a number that is too large, and of none."""
SIMULATED = "ANALOOP SIMULATED"
"""Maker of every simulated instrument, by which nobody takes its readings for measured."""
LONGEST_ERROR = 255
"""Longest text of an entry of the error queue, as SCPI has it."""

ANY = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[Ee][+-]?\d{1,2})?"
"""NR1, NR2 or NR3 of IEEE 488.2."""
EXACT = r"[+-]\d\.\d{8}E[+-]\d\d"
"""As Keysight's supplies and meters write every reading; a lost or added character breaks it."""


@dataclass(frozen=True)
class InstrumentIdentity:
    """The four fields of `*IDN?`."""

    maker: str
    """Who made it."""
    model: str
    """What it is."""
    serial: str
    """Which one it is."""
    firmware: str
    """What runs in it."""

    @property
    def simulated(self) -> bool:
        """Whether it is one of ours, that measures nothing."""
        return self.maker == SIMULATED

    def __str__(self) -> str:
        return f"{self.maker} {self.model} {self.serial}"


def refused(line: str, wanted: str) -> HardwareError:
    """The error for a reply that is not what was asked for."""
    return HardwareError(f"{line[:80]!r} is no {wanted}", code="GARBLED")


def read_number(line: str, shape: str = ANY, least: float = -1e9, most: float = 1e9) -> float:
    """A number of this shape and in this range.

    Raises:
        HardwareError: OVERLOAD, the instrument says that it is out of its range; NOT_A_NUMBER;
            GARBLED for everything else.
    """
    if not re.fullmatch(ANY, line, re.ASCII) or len(line) > 32:
        raise refused(line, "number")
    value = float(line)
    if abs(value) == NOT_A_NUMBER:
        raise HardwareError("the instrument has no number (9.91E37)", code="NOT_A_NUMBER")
    if abs(value) == OVERLOAD:
        raise HardwareError(
            "overload: out of the range of the instrument (9.9E37)", code="OVERLOAD"
        )
    if not re.fullmatch(shape, line, re.ASCII):
        raise refused(line, "number as this instrument writes them")
    if not least <= value <= most:
        raise refused(line, f"number between {least:g} and {most:g}")
    return value


def read_whole(line: str, most: int) -> int:
    """A whole number from 0 on (NR1). Raises HardwareError GARBLED."""
    if not re.fullmatch(r"\+?\d{1,9}", line, re.ASCII) or int(line) > most:
        raise refused(line, f"whole number up to {most}")
    return int(line)


def read_switch(line: str) -> bool:
    """On or off. Raises HardwareError GARBLED."""
    values = {"1": True, "0": False, "+1": True, "+0": False, "ON": True, "OFF": False}
    values |= {"YES": True, "NO": False}
    if line not in values:
        raise refused(line, "on or off")
    return values[line]


def read_identity(line: str) -> InstrumentIdentity:
    """The answer to `*IDN?`. Raises HardwareError GARBLED."""
    fields = [field.strip() for field in line.split(",")]
    if len(fields) != 4 or not fields[0] or not fields[1] or len(line) > 200:
        raise refused(line, "identity (maker, model, serial number, firmware)")
    return InstrumentIdentity(*fields)


def read_error(line: str) -> tuple[int, str]:
    """An entry of the error queue; number 0 is none. Raises HardwareError GARBLED."""
    found = re.fullmatch(r'([+-]?\d{1,5}),\s?"([^"]*)"', line, re.ASCII)
    if found is None or len(found[2]) > LONGEST_ERROR:
        raise refused(line, "entry of an error queue")
    return int(found[1]), found[2]


def decoded(line: bytes) -> str:
    """A line as printable ASCII, without white space at its end. Raises HardwareError GARBLED."""
    text = line.rstrip(b"\r ").decode("ascii", errors="replace")
    if not text.isprintable() or "�" in text:
        raise refused(text, "line of ASCII")
    return text


def identity_record(identity: InstrumentIdentity | None) -> dict[str, Any] | None:
    """As JSON values."""
    return None if identity is None else dict(vars(identity))
