"""A board that notes when it played, and is otherwise the board behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from ..hw.board import Board, BoardIdentity, Trial
from ..hw.chip import ChipSpec
from ..hw.configuration import Configuration
from ..hw.events import Events


class WatchedBoard:
    """Passes everything on; `window_s` is the time of the last `run_trials`, by `clock`."""

    def __init__(self, board: Board, clock: Callable[[], float] = lambda: 0.0):
        self._board, self.clock = board, clock
        self.window_s: tuple[float, float] | None = None

    @property
    def identity(self) -> BoardIdentity:
        """Of the board behind it."""
        return self._board.identity

    @property
    def chip(self) -> ChipSpec:
        """Of the board behind it."""
        return self._board.chip

    @property
    def books(self) -> dict[str, int]:
        """Of the board behind it."""
        return self._board.books

    def program(self, configuration: Configuration) -> None:
        """Pass it on."""
        self._board.program(configuration)

    def settle(self) -> None:
        """Pass it on."""
        self._board.settle()

    def run(self, events: Events, duration_us: int) -> Events:
        """Pass it on."""
        return self._board.run(events, duration_us)

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        """Pass it on, and note the time."""
        start = self.clock()
        try:
            return self._board.run_trials(trials)
        finally:
            self.window_s = (start, self.clock())

    def close(self) -> None:
        """Pass it on."""
        self._board.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
