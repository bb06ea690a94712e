"""The bus between host and chips as it can be: events lost, events late; each switched on its own.

Each event that crosses, in either direction, is lost with probability `loss`; one that is not comes
late by an exponential time of mean and standard deviation `jitter_us`: queues delay, they never
hurry. Events are late independently, so one may overtake another. Events between neurons do not
cross this bus. Public numbers are missing: both switches are scenarios, not measurements.

The n-th event of a trial has its own random numbers, so a run cut in two equals the whole.
"""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass
from typing import Literal, NamedTuple

import numpy as np

from ..models.noise import trial_keys, uniforms
from .events import Events
from .virtual_board import VirtualBoard


class Waiting(NamedTuple):
    """One direction between two runs of a trial."""

    sent: int
    """How many were sent so far."""
    events: Events
    """Those still on the bus; time from the end of the last run."""


NOTHING_SENT = Waiting(0, Events.none())


@dataclass(frozen=True)
class BusBooks:
    """What did not arrive, and spikes that were not made."""

    lost_in: int = 0
    """Words from the host that the bus lost."""
    lost_out: int = 0
    """Words to the host that the bus lost."""
    undelivered: int = 0
    """Words still on the bus, either way, when their trial was over."""
    saturated: int = 0
    """(neuron, step) in which a neuron had time for more than the one spike a step can hold."""

    def record(self, board: VirtualBoard) -> dict[str, int]:
        """By name; of a board whose bus keeps nothing back only what its neurons held."""
        books = asdict(self)
        return books if board.loss or board.jitter_us else {"saturated": books["saturated"]}

    def __add__(self, other: BusBooks) -> BusBooks:
        return BusBooks(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


class Carried(NamedTuple):
    """What became of the events of a run."""

    arrived: Events
    """Those that arrived in it."""
    waiting: Waiting
    """Those that will arrive later."""
    lost: int
    """How many never will."""


@dataclass(frozen=True)
class Bus:
    """One direction of the bus of one board."""

    board: VirtualBoard
    """Whose bus it is."""
    direction: Literal["in", "out"]
    """To the chips, or to the host."""

    @property
    def ideal(self) -> bool:
        """Whether everything arrives at once."""
        return not (self.board.loss or self.board.jitter_us)

    def carry(self, sent: Events, duration_us: int, trial: int, waiting: Waiting) -> Carried:
        """Carry what is sent in a run.

        Args:
            duration_us: length of the run [us].
            trial: number of the trial on this board.
            waiting: what the run before left on the bus.
        """
        if self.ideal:
            return Carried(sent, waiting, 0)
        board = self.board
        key = trial_keys(f"bus {self.direction}", board.chance, np.array([trial]))
        fate, delay = uniforms(key, waiting.sent + np.arange(len(sent)))
        kept = fate >= board.loss
        late = np.rint(-board.jitter_us * np.log(delay)).astype(np.int64)
        moved = waiting.events.followed_by(sent.chosen(kept, late))
        now = moved.time_us < duration_us
        left = Waiting(waiting.sent + len(sent), moved.chosen(~now, -duration_us))
        return Carried(moved.chosen(now), left, int((~kept).sum()))
