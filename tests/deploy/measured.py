"""Simulated boards that pass for a real one, for what is asked of real boards only."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from analoop.hw import board as boards
from analoop.hw.board import BoardIdentity, Trial
from analoop.hw.chip import DYNAPSE2, ChipSpec
from analoop.hw.configuration import Configuration
from analoop.hw.events import Events
from analoop.hw.simulated_board import SimulatedBoard
from analoop.hw.virtual_board import VirtualBoard

from .benches import fall_silent

REAL = "dynapse2:any"
"""Names the board below."""


class Measured(SimulatedBoard):
    """`dynapse2:7`, which counts how often it was programmed, and breaks in one of its runs."""

    programmed = 0

    def __init__(self, breaks_in: int | None = None, chip: ChipSpec = DYNAPSE2):
        super().__init__(VirtualBoard(3), chip)
        self._breaks_in = breaks_in
        Measured.programmed = 0

    @property
    def identity(self) -> BoardIdentity:
        details = (("serial", "7"),)
        return replace(super().identity, name="dynapse2:7", target="measured", details=details)

    def program(self, configuration: Configuration) -> None:
        Measured.programmed += 1
        super().program(configuration)

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        if self._breaks_in != Measured.programmed:
            return super().run_trials(trials)
        fall_silent(super().run_trials, trials)


def connect(monkeypatch: pytest.MonkeyPatch, breaks_in: int | None = None) -> None:
    """Let `REAL` open such a board; `breaks_in` is counted from 1, None: it never breaks."""
    opened = boards.open_board
    Measured.programmed = 0

    def open_board(name: str, chip: ChipSpec = DYNAPSE2):
        return Measured(breaks_in, chip) if name == REAL else opened(name, chip)

    monkeypatch.setattr(boards, "open_board", open_board)
