"""What a board is, whoever made it, and how one is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Protocol, Self

from .chip import DYNAPSE2, ChipSpec
from .configuration import Configuration
from .events import Events
from .virtual_board import VirtualBoard, parse_board


@dataclass(frozen=True)
class BoardIdentity:
    """Which board produced a result; stored with everything it produced."""

    name: str
    """The name that opens it again."""
    target: Literal["simulated", "measured"]
    """Simulated is never passed off as measured."""
    chip: str
    """Kind of chip."""
    details: tuple[tuple[str, Any], ...] = ()
    """Seed, mismatch level and version, step; or serial number, firmware. JSON values."""

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {k: v for k, v in asdict(self).items() if k != "details"} | dict(self.details)


class Trial(NamedTuple):
    """One run from rest."""

    events: Events
    """What is played."""
    duration_us: int
    """How long it lasts [us]."""


class Board(Protocol):
    """Something that takes registers and events, and gives events. Nothing else passes.

    A context manager: leaving it closes the board.
    """

    @property
    def identity(self) -> BoardIdentity:
        """Which board this is."""
        ...

    @property
    def chip(self) -> ChipSpec:
        """What its chips are."""
        ...

    @property
    def books(self) -> dict[str, int]:
        """What only the board can know of the events since it was programmed, by name.

        `control`: words that came and are no spikes; `repeated`: words that came and were never
        sent, with which the books do not balance.
        """
        ...

    def program(self, configuration: Configuration) -> None:
        """Write every register, and settle.

        Raises:
            RegisterError: the board cannot hold or make what the registers ask for.
            HardwareError: the board did not take it.
        """
        ...

    def settle(self) -> None:
        """Bring every current to rest, as a chip does when left without input."""
        ...

    def run(self, events: Events, duration_us: int) -> Events:
        """Play events and return what the chips sent to the host in this time.

        Time 0 is the start of this run; the circuits continue from where they are, so a run cut
        in two gives the same events as the whole.

        Raises:
            BoardError: NOT_PROGRAMMED, CLOSED.
            HardwareError: the board failed; holds what came before.
            InputError: an event outside the run, or for no chip of this board.
        """
        ...

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        """Run independent trials, each from rest; the board is at rest afterwards.

        Raises as `run`.
        """
        ...

    def close(self) -> None:
        """Let go of the board; more than once does no harm."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def simulated(name: str) -> VirtualBoard | None:
    """The virtual board of a name, behind the driver ('dynapse2:sim:...') or not; None: a real one.

    Raises:
        BoardError: UNKNOWN_BOARD.
    """
    kind, _, rest = name.partition(":")
    if kind != "dynapse2" or not rest:
        return parse_board(name)
    return parse_board(rest) if rest.partition(":")[0] == "sim" else None


def open_board(name: str, chip: ChipSpec = DYNAPSE2) -> Board:
    """Open a board by name, to be used in a `with` statement.

    'dynapse2:' and a serial number is a real board behind samna; if the serial is the name of a
    simulated board, the same driver runs on the virtual samna (hw/samna_board.py).

    Raises:
        BoardError: UNKNOWN_BOARD; for real boards also those of `SamnaBoard`.
    """
    # Both of them need the names above.
    from .samna_board import SamnaBoard
    from .simulated_board import SimulatedBoard

    kind, _, serial = name.partition(":")
    if kind == "dynapse2" and serial:
        return SamnaBoard(serial, chip=chip)
    return SimulatedBoard(parse_board(name), chip)
