"""A simulated board whose watched neurons are read once per sample period."""

from __future__ import annotations

from collections.abc import Sequence

from .board import VirtualBoard
from .configuration import Configuration
from .events import Events, in_pieces
from .sensing import Readings
from .simulated_board import SimulatedBoard


class SensedBoard:
    """What it does is what `SimulatedBoard` does; runs are cut where a period ends."""

    def __init__(self, board: VirtualBoard):
        self.board = board
        self._silicon = SimulatedBoard(board)
        self._watched: tuple[tuple[int, int, int], ...] = ()
        self._period_us, self._since_us = 0, 0
        self.sample(100)
        self.readings: Readings | None = None
        """Of the last period that was completed; None: none was yet."""

    def sample(self, period_ms: int) -> None:
        """Begin a period, and let every one last so long; in whole steps."""
        step = self.board.step_us
        self._period_us = max(1, -(-1000 * period_ms // step)) * step
        self._begin()

    def reprogram(
        self, configuration: Configuration, watched: Sequence[tuple[int, int, int]] = ()
    ) -> None:
        """Write registers, see `SimulatedBoard.reprogram`; a new period begins."""
        self._silicon.reprogram(configuration, watched)
        self._watched = tuple(watched)
        self._begin()

    def run(self, events: Events, duration_us: int) -> Events:
        """Play events, see `SimulatedBoard.run`."""
        if not self._watched:
            return self._silicon.run(events, duration_us)
        left = self._period_us - self._since_us
        return in_pieces(self._play, events, duration_us, left, self._period_us)

    def _play(self, events: Events, duration_us: int) -> Events:
        came = self._silicon.run(events, duration_us)
        self._since_us += duration_us
        if self._since_us >= self._period_us:
            self.readings = self._silicon.measure()
            self._since_us = 0
        return came

    def _begin(self) -> None:
        self._since_us = 0
        if self._watched:
            self._silicon.measure()
