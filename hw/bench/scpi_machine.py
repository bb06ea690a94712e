"""What is common to all simulated instruments: bytes in, bytes out, SCPI as far as ours need it.

Headers match in short or long form (`MEASure:VOLTage?`). Errors go into a queue that `SYST:ERR?`
empties. Nothing that comes in can stop it: what it does not know is an error in the queue.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping

from .replies import SIMULATED
from .toy_circuit import ToyCircuit

Answer = Callable[[str], str | None]
"""What a command does with its argument, and what it answers."""

LONGEST_LINE = 256
"""Longest line that is taken; the rest is an error."""
ROOM = 20
"""Entries of the error queue."""


class Refusal(Exception):
    """A command that is not carried out: number and text for the error queue."""

    def __init__(self, number: int, text: str):
        super().__init__(number, text)
        self.number, self.text = number, text


class ScpiMachine:
    """A simulated instrument. Subclasses hand it a table of headers."""

    def __init__(self, model: str, circuit: ToyCircuit, table: Mapping[str, Answer]):
        self.model, self.circuit = model, circuit
        self.errors: deque[tuple[int, str]] = deque(maxlen=ROOM)
        self._come, self._ese = b"", 0
        own: dict[str, Answer] = {
            "*IDN?": lambda _: f"{SIMULATED},{model},0,1",
            "*ESE": self._enable,
            "*ESE?": lambda _: str(self._ese),
            "*OPC?": lambda _: "1",
            "*CLS": lambda _: self.errors.clear(),
            "*RST": lambda _: None,
            "SYSTem:ERRor?": lambda _: self._error(),
            "SYSTem:REMote": lambda _: None,
        }
        self._table = {_pattern(header): answer for header, answer in {**own, **table}.items()}

    def feed(self, content: bytes) -> bytes:
        """Take bytes, give bytes."""
        self._come += content
        *lines, self._come = self._come.split(b"\n")
        if len(self._come) > LONGEST_LINE:
            self._come = b""
            self.errors.append((-363, "Input buffer overrun"))
        return b"".join(self._answer(line) for line in lines)

    def _answer(self, line: bytes) -> bytes:
        text = line.decode("ascii", errors="replace").strip()
        answers = [self._one(part.strip()) for part in text.split(";") if part.strip()]
        said = [answer for answer in answers if answer is not None]
        return (";".join(said) + "\n").encode() if said else b""

    def _one(self, command: str) -> str | None:
        header, _, argument = command.partition(" ")
        try:
            for pattern, answer in self._table.items():
                if pattern.fullmatch(header):
                    return answer(argument.strip())
            raise Refusal(-113, "Undefined header")
        except Refusal as refusal:
            self.errors.append((refusal.number, refusal.text))
        return None

    def _enable(self, argument: str) -> None:
        self._ese = int(number(argument, 0, 255))

    def _error(self) -> str:
        code, text = self.errors.popleft() if self.errors else (0, "No error")
        return f'{code:+d},"{text}"'


def number(text: str, least: float, most: float) -> float:
    """A number in an argument. Raises Refusal."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", text, re.ASCII):
        raise Refusal(-104, "Data type error")
    if not least <= float(text) <= most:
        raise Refusal(-222, "Data out of range")
    return float(text)


def switched(text: str) -> bool:
    """On or off in an argument. Raises Refusal."""
    values = {"ON": True, "1": True, "OFF": False, "0": False}
    if text.upper() not in values:
        raise Refusal(-104, "Data type error")
    return values[text.upper()]


def exact(value: float) -> str:
    """A reading as Keysight's instruments write it."""
    return f"{value:+.8E}"


def _pattern(header: str) -> re.Pattern[str]:
    """Short and long form: what is in small letters may be left out."""
    parts = re.findall(r"[a-z]+|[^a-z]+", header)
    words = [f"(?:{part})?" if part.islower() else re.escape(part) for part in parts]
    return re.compile(":?" + "".join(words), re.IGNORECASE)
