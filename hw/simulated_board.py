"""A board that sees only registers and events, like a real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from ..models.errors import BoardError, InputError
from ..models.mismatch import MISMATCH_VERSION
from ..models.wiring import SheetState
from .board import BoardIdentity, Trial, VirtualBoard
from .chip import DYNAPSE2, ChipSpec
from .configuration import Configuration
from .defects import DEFECTS_VERSION
from .events import Events
from .simulator import Fleet, build_fleet, run_from, run_trials


def identify(board: VirtualBoard, chip: ChipSpec) -> BoardIdentity:
    """What is recorded of a virtual board."""
    details: dict[str, Any] = {"seed": board.seed, "step_us": board.step_us}
    if board.seed is not None:
        details |= {"level": board.level, "mismatch": MISMATCH_VERSION, "sampler": board.mismatch}
        details |= {"doubled": board.doubled, "defects": DEFECTS_VERSION if board.defects else None}
    return BoardIdentity(board.name, "simulated", chip.name, tuple(details.items()))


class SimulatedBoard:
    """The simulated implementation of `Board`; see that protocol for what each call means."""

    def __init__(self, board: VirtualBoard, chip: ChipSpec = DYNAPSE2):
        self._board, self._chip = board, chip
        self._fleet: Fleet | None = None
        self._state: SheetState | None = None
        self._closed = False

    @property
    def identity(self) -> BoardIdentity:
        """Which board this is."""
        return identify(self._board, self._chip)

    @property
    def chip(self) -> ChipSpec:
        """What its chips are."""
        return self._chip

    def program(self, configuration: Configuration) -> None:
        """Write every register, and settle."""
        self._open()
        if configuration.chip != self._chip:
            raise InputError(
                f"the configuration is for {configuration.chip.name}, the board has "
                f"{self._chip.name}: compile for this chip",
                code="WRONG_CHIP",
            )
        self._fleet = build_fleet(configuration, [self._board])
        self._state = None

    def settle(self) -> None:
        """Bring every current to rest."""
        self._open()
        self._state = None

    def run(self, events: Events, duration_us: int) -> Events:
        """Play events and return what was sent to the host; duration in whole steps."""
        fleet = self._programmed()
        if duration_us < 0 or duration_us % fleet.step_us:
            raise InputError(
                f"a run of {duration_us} us is not a whole number of steps of {fleet.step_us} us: "
                "round it up, or open the board with a finer step_us",
                code="DURATION",
            )
        out, self._state = run_from(fleet, [Trial(events, duration_us)], self._state)
        return out[0][0]

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        """Run independent trials, each from rest, side by side."""
        fleet, self._state = self._programmed(), None
        return run_trials(fleet, trials)[0]

    def close(self) -> None:
        """Let go of the board."""
        self._closed = True

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _programmed(self) -> Fleet:
        self._open()
        if self._fleet is None:
            raise BoardError("the board holds no program: program it first", code="NOT_PROGRAMMED")
        return self._fleet

    def _open(self) -> None:
        if self._closed:
            raise BoardError(f"{self._board.name} is closed: open it again", code="CLOSED")
