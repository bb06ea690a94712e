"""Errors: one tree, stable codes, every violation at once.

    AnaloopError            exit_code 2 unless a subclass says otherwise
    ├── FileError           a file is missing, corrupt, of another kind or version
    ├── InputError          a value handed in makes no sense (names the value and the remedy)
    ├── BoardError          no such board (exit_code 3)
    │   └── HardwareError   a board failed or fell silent (exit_code 4)
    ├── IncompleteError     a run that is no result; holds what there is of it (4 or 6)
    └── ViolationsError     several things at once, each a `Violation`
        ├── NetworkError    the network itself is malformed
        ├── ConstraintError the network does not fit the chip
        ├── RegisterError   a register image is not legal, or asks for what the board lacks
        └── RoutingError    the registers do not carry the network (our defect, not the user's)

Each error has a `code` that never changes once released; messages may improve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


class AnaloopError(Exception):
    """Base of every error raised on purpose. `code` is stable; `exit_code` is the CLI's."""

    exit_code = 2

    def __init__(self, message: str, *, code: str):
        super().__init__(message)
        self.code = code


class FileError(AnaloopError):
    """A file cannot be used: says which file, what is wrong and what to do."""


class InputError(AnaloopError):
    """A value cannot be used: says which value, what was needed and what to do."""


class BoardError(AnaloopError):
    """A board cannot be had or does not answer."""

    exit_code = 3


class HardwareError(BoardError):
    """A board that was there failed, or fell silent. It is closed then.

    `received` is what came before, by trial, the last one unfinished; what it holds is for the
    board to say (hw.events.Events).
    """

    exit_code = 4

    def __init__(self, message: str, *, code: str):
        super().__init__(message, code=code)
        self.received: list[Any] = []


class IncompleteError(AnaloopError):
    """A run that is no result: cut short (exit code 4), or its books do not balance (6).

    `partial` is what there is of it, a models.partial_recording.PartialRecording.
    """

    exit_code = 6

    def __init__(self, message: str, *, code: str, partial: Any, exit_code: int):
        super().__init__(message, code=code)
        self.partial, self.exit_code = partial, exit_code


def named(table: Mapping[str, T], kind: str, name: str, code: str) -> T:
    """What a table has under a name.

    Raises:
        InputError: of this code, saying which names there are.
    """
    if name not in table:
        raise InputError(f"no {kind} is named '{name}': there are {', '.join(table)}", code=code)
    return table[name]


@dataclass(frozen=True)
class Violation:
    """One broken limit: what object needs, what there is, and one way out."""

    code: str
    """Stable identifier, for example 'FAN_IN'."""
    object: str
    """What breaks the limit, in the user's words: "neuron 41 of 'hidden'"."""
    need: str
    """What it needs: "71 CAM words"."""
    limit: str
    """What there is: "the chip has 64"."""
    remedy: str
    """One way out: "drop 7 inputs"."""

    def __str__(self) -> str:
        return f"{self.object} needs {self.need}, {self.limit}: {self.remedy} [{self.code}]"


class ViolationsError(AnaloopError):
    """All violations found, not only the first."""

    def __init__(self, violations: Sequence[Violation]):
        self.violations = tuple(violations)
        codes = sorted({violation.code for violation in self.violations})
        super().__init__("\n".join(str(v) for v in self.violations), code="+".join(codes))


class NetworkError(ViolationsError):
    """The network is malformed: wrong shapes, NaN weights, unknown populations."""


class ConstraintError(ViolationsError):
    """The network does not fit the chip."""


class RegisterError(ViolationsError):
    """A register image is not legal, or asks for a circuit this board does not have."""


class RoutingError(ViolationsError):
    """The compiled registers do not carry exactly the network that was compiled."""
