"""A board that sees only registers and events, like a real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ..models.errors import BoardError, InputError
from ..models.mismatch import MISMATCH_VERSION
from ..models.runner import Runner
from ..models.temperature import NOMINAL_C, TEMPERATURE_MODEL
from .board import BoardIdentity, Trial
from .bus import BusBooks
from .chip import DYNAPSE2, ChipSpec
from .configuration import Configuration
from .defects import DEFECTS_VERSION
from .event_check import check_events
from .events import Events, in_pieces
from .fleet import Fleet, build_fleet
from .homeostasis import Slow, at_rest, heard
from .injection import injected
from .reprogramming import carried, retuned, slow_carried
from .sensing import Readings, read
from .simulator import Moment, play, rest_of, run_from
from .virtual_board import VirtualBoard


def identify(board: VirtualBoard, chip: ChipSpec) -> BoardIdentity:
    """What is recorded of a virtual board."""
    details: dict[str, Any] = {"seed": board.seed, "step_us": board.step_us}
    if board.seed is not None:
        details |= {"level": board.level, "mismatch": MISMATCH_VERSION, "sampler": board.mismatch}
        details |= {"doubled": board.doubled, "defects": DEFECTS_VERSION if board.defects else None}
        details |= {"stuck": board.stuck}
    snapshot = injected(board, chip)
    if snapshot is not None:
        details["snapshot"] = snapshot.hash
        if snapshot.twin is not None:
            details |= {"screening": snapshot.screening.hash, "twin": snapshot.twin.hash}
            details |= {"twin_of": snapshot.twin.board.get("name"), "level": board.level}
    details["runner"] = Runner(board.precision).name()
    for key in ("temperature_C", "loss", "jitter_us", "noise", "noise_seed"):
        details[key] = getattr(board, key)
    if board.temperature_C != NOMINAL_C:
        details["temperature_model"] = TEMPERATURE_MODEL
    return BoardIdentity(board.name, "simulated", chip.name, tuple(details.items()))


class SimulatedBoard:
    """The simulated implementation of `Board`; see that protocol for what each call means."""

    def __init__(self, board: VirtualBoard, chip: ChipSpec = DYNAPSE2):
        self._board, self._chip = board, chip
        injected(board, chip)  # a file that is missing is missed here, not after hours
        self._fleet: Fleet | None = None
        self._base: Fleet | None = None
        self._slow: Slow | None = None
        self._moment: Moment | None = None
        self._trials = 0
        self._books = BusBooks()
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
        self._fleet = self._base = self._built(configuration)
        self._moment, self._trials, self._books = None, 0, BusBooks()
        self._slow = None

    def reprogram(
        self, configuration: Configuration, watched: Sequence[tuple[int, int, int]] = ()
    ) -> None:
        """Write every register of a board that goes on: its capacitors keep their charge, and what
        is on its way arrives.

        Args:
            watched: (chip, core, neuron) of the neurons that `measure` tells about.

        Raises as `program`; then nothing is written.
        """
        base = self._built(configuration, watched)
        fleet = base
        if self._fleet:
            self._slow = slow_carried(self._fleet, self._slow, base)
            fleet = base.tuned(self._slow.log_gain) if self._slow else base
            self._moment = self._moment and carried(self._fleet, self._moment, fleet)
        self._fleet, self._base = fleet, base

    def measure(self) -> Readings:
        """Mean currents of the watched neurons since the last call, or since registers were
        written; a new measurement begins."""
        fleet = self._programmed()
        moment = self._moment or rest_of(fleet, self._trials)
        found, sheet = read(fleet, moment.sheet, self._slow)
        self._moment = moment._replace(sheet=sheet)
        return found

    @property
    def books(self) -> dict[str, int]:
        """What did not arrive since the board was programmed; a real board cannot know."""
        return self._books.record(self._board)

    def settle(self) -> None:
        """Bring every current to rest; what is on the bus is not delivered. A new trial begins:
        if chance plays a part, it has other random numbers than the last."""
        self._open()
        if self._moment:
            (crossing,) = self._moment.crossings
            self._books += BusBooks(undelivered=crossing.undelivered)
        self._moment = self._slow = None
        self._fleet = self._base

    def run(self, events: Events, duration_us: int) -> Events:
        """Play events and return what was sent to the host; duration in whole steps."""
        fleet = self._programmed()
        if duration_us < 0 or duration_us % fleet.step_us:
            raise InputError(
                f"a run of {duration_us} us is not a whole number of steps of {fleet.step_us} us: "
                "round it up, or open the board with a finer step_us",
                code="DURATION",
            )
        if fleet.homeostasis is None:
            return self._play(events, duration_us)
        c = fleet.configuration
        check_events(events, duration_us, c.n_chips, c.chip)
        slow = self._slow or at_rest(fleet.homeostasis)
        beat = fleet.homeostasis.beat_us
        return in_pieces(self._regulate, events, duration_us, beat - slow.since_us, beat)

    def _regulate(self, events: Events, duration_us: int) -> Events:
        """Play what ends at a comparison of the homeostasis or before, and let it act."""
        fleet, base = self._programmed(), self._base
        came = self._play(events, duration_us)
        if base and base.homeostasis and self._moment and self._moment.ran:
            slow = self._slow or at_rest(base.homeostasis)
            ran = self._moment.ran
            self._slow = heard(base.homeostasis, slow, ran, fleet.step_us, duration_us)
            if not np.array_equal(self._slow.log_gain, slow.log_gain):
                self._fleet = base.tuned(self._slow.log_gain)
                self._moment = retuned(fleet, self._moment, self._fleet)
        return came

    def _play(self, events: Events, duration_us: int) -> Events:
        fleet, start = self._programmed(), self._moment or self._trials
        out, self._moment, lost = run_from(fleet, [Trial(events, duration_us)], start)
        self._trials = self._moment.crossings[0].number + 1
        self._books += lost[0]
        return out[0][0]

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        """Run independent trials, each from rest, side by side."""
        played = play(self._programmed(), trials, self._trials)
        self.settle()
        self._trials += len(trials)
        self._books += played.books[0]
        return played.events[0]

    def close(self) -> None:
        """Let go of the board."""
        self._closed = True

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _built(
        self, configuration: Configuration, watched: Sequence[tuple[int, int, int]] = ()
    ) -> Fleet:
        self._open()
        if configuration.chip != self._chip:
            raise InputError(
                f"the configuration is for {configuration.chip.name}, the board has "
                f"{self._chip.name}: compile for this chip",
                code="WRONG_CHIP",
            )
        return build_fleet(configuration, [self._board], watched)

    def _programmed(self) -> Fleet:
        self._open()
        if self._fleet is None:
            raise BoardError("the board holds no program: program it first", code="NOT_PROGRAMMED")
        return self._fleet

    def _open(self) -> None:
        if self._closed:
            raise BoardError(f"{self._board.name} is closed: open it again", code="CLOSED")
