"""What a board is, whoever made it, and how one is named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, Protocol, Self

from ..models.errors import BoardError, InputError
from .chip import DYNAPSE2, ChipSpec
from .configuration import Configuration
from .events import Events

NAMES = "sim, sim:nominal, sim:seed=3, sim:seed=3,level=0.5,step_us=500"
"""Board names this release understands; 'sim' is short for 'sim:nominal'."""


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

    def program(self, configuration: Configuration) -> None:
        """Write every register, and settle.

        Raises:
            RegisterError: the board cannot hold or make what the registers ask for.
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


@dataclass(frozen=True)
class VirtualBoard:
    """One simulated board: which mismatch it was born with."""

    seed: int | None = None
    """Names the chips; None is nominal, every device as designed."""
    level: float = 1.0
    """Scales every spread of models/data/mismatch.csv; ignored when nominal."""
    step_us: int = 1000
    """Integration step [us]."""

    def __post_init__(self) -> None:
        legal = 0 <= self.level < math.inf and 1 <= self.step_us <= 1000
        if not (legal and (self.seed is None or self.seed >= 0)):
            raise InputError(
                f"no virtual board has seed {self.seed}, level {self.level} and step_us "
                f"{self.step_us}: seed and level start at 0, step_us is 1..1000",
                code="VIRTUAL_BOARD",
            )

    @property
    def name(self) -> str:
        """The name that opens it."""
        parts = ["nominal"] if self.seed is None else [f"seed={self.seed}"]
        if self.seed is not None and self.level != 1.0:
            parts.append(f"level={self.level!r}")
        if self.step_us != 1000:
            parts.append(f"step_us={self.step_us}")
        return "sim:" + ",".join(parts)


def parse_board(name: str) -> VirtualBoard:
    """Read a board name.

    Raises:
        BoardError: UNKNOWN_BOARD, saying which names there are.
    """
    kind, _, options = name.partition(":")
    values: dict[str, Any] = {}
    readers = {"seed": int, "level": float, "step_us": int}
    try:
        if kind != "sim":
            raise ValueError
        for option in filter(None, options.split(",")):
            key, _, value = option.partition("=")
            if key in values:
                raise ValueError
            values[key] = None if option == "nominal" else readers[key](value)
        seeded = "seed" in values  # a level without a seed would be silently without effect
        if "level" in values and not seeded or values.pop("nominal", "") is None and seeded:
            raise ValueError
        board = VirtualBoard(**values)
    except (KeyError, ValueError, InputError) as error:
        raise BoardError(
            f"no board is named '{name}': this release opens {NAMES} (seed >= 0, level >= 0 "
            "and only with a seed, step_us 1..1000, each at most once)",
            code="UNKNOWN_BOARD",
        ) from error
    return board


def open_board(name: str, chip: ChipSpec = DYNAPSE2) -> Board:
    """Open a board by name, to be used in a `with` statement.

    Raises:
        BoardError: UNKNOWN_BOARD.
    """
    from .simulated_board import SimulatedBoard  # which itself needs the names above

    return SimulatedBoard(parse_board(name), chip)
