"""A run whose board stopped answering, repeated after a power cycle, a stated number of times.

Only a board that failed is recovered: books that do not balance, wrong input and an output that
tripped stay what they are. A run is repeated as a whole, on a board that is opened and programmed
anew, so its result is that of a run that was never disturbed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..models.errors import AnaloopError, BoardError, HardwareError, IncompleteError, InputError
from ..models.partial_recording import PartialRecording

T = TypeVar("T")

FAILED = "HARDWARE_FAULT"
"""Code of an incomplete run whose board failed."""
RETURN_S = 30.0
"""How long a board may take to be seen again after a power cycle [s]."""
LOOK_S = 0.5
"""How often it is looked for [s]."""


@dataclass(frozen=True)
class Incident:
    """One time that a board stopped answering."""

    number: int
    """Counted from 1."""
    time: str
    """When it was noticed, ISO 8601 UTC."""
    code: str
    """Code of the error."""
    cause: str
    """What was said."""
    begun: int
    """Trials that were begun."""
    cycled: Mapping[str, Any] | None
    """What the power cycle did; None: there was none left."""

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return dict(vars(self))


@dataclass(frozen=True)
class Recovery:
    """How often, and how, a board is brought back.

    Raises:
        InputError: RECOVER.
    """

    times: int
    """Power cycles at most, for one run."""
    cycle: Callable[[], Mapping[str, Any]]
    """Power-cycles the board; says what it did, as JSON values."""
    keep: Callable[[PartialRecording, int], None] = lambda partial, number: None
    """Given what came before each failure, with the number of the incident."""
    tell: Callable[[str], None] = lambda line: None
    """Given a line of news for each incident."""
    return_s: float = RETURN_S
    """How long the board may take to be seen again [s]."""

    def __post_init__(self) -> None:
        if not 0 <= self.times <= 1000:
            raise InputError(
                f"--recover {self.times}: give a number of power cycles, 0..1000", code="RECOVER"
            )


def recovered(play: Callable[[], T], how: Recovery) -> tuple[T, tuple[Incident, ...]]:
    """Play; when the board fails, power-cycle it and play again.

    Args:
        play: opens the board, programs it, plays, and closes it.

    Raises:
        As `play`, when the last cycle is used up; the message says how many there were.
        As `how.cycle`: a power cycle that fails ends it, what came before is kept.
    """
    incidents: list[Incident] = []
    while True:
        try:
            return (_returned(play, how.return_s) if incidents else play()), tuple(incidents)
        except (HardwareError, IncompleteError) as error:
            if isinstance(error, IncompleteError) and error.code != FAILED:
                raise
            left = how.times - len(incidents)
            incidents.append(_noted(error, len(incidents) + 1, how))
            if left <= 0:
                raise _after(error, len(incidents) - 1) from error
            how.tell(
                f"{error} ({error.code}): power cycle {len(incidents)} of {how.times}, then again"
            )
            cycled = how.cycle()
            incidents[-1] = replace(incidents[-1], cycled=dict(cycled))


def _returned(play: Callable[[], T], patience_s: float) -> T:
    """Play on a board that may not be seen yet."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return play()
        except BoardError as error:
            if error.code != "NO_BOARD" or time.monotonic() >= deadline:
                raise
        time.sleep(LOOK_S)


def _noted(error: AnaloopError, number: int, how: Recovery) -> Incident:
    begun = 0
    if isinstance(error, IncompleteError):
        begun = error.partial.content.n_trials
        if how.times >= number:  # the last one is in the error itself
            how.keep(error.partial, number)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Incident(number, now, error.code, str(error), begun, None)


def _after(error: HardwareError | IncompleteError, cycles: int) -> AnaloopError:
    """The last error, saying how often it was tried."""
    if not cycles:
        return error
    so = f"; so it was after {cycles} power cycle{'s' * (cycles > 1)} too"
    if isinstance(error, IncompleteError):
        partial = replace(error.partial, cause=error.partial.cause + so)
        return IncompleteError(
            f"{error}{so}", code=error.code, partial=partial, exit_code=error.exit_code
        )
    again = HardwareError(f"{error}{so}", code=error.code)
    again.received = error.received
    return again
