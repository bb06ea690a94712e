"""A twin of a board that is at hand: characterise it, play the program's own stimulus, fit."""

from __future__ import annotations

from collections.abc import Callable

from ...hw.board import Board
from ...hw.snapshot import Snapshot
from ...models.recording import Stimulus
from ..execution import run
from ..program import Program
from .characterization import plan
from .fitting import FitOptions, fit_twin
from .sessions import Session


def make_twin(
    program: Program,
    stimulus: Stimulus,
    board: Board,
    options: FitOptions,
    tell: Callable[[int, int], None] | None = None,
) -> Snapshot:
    """The twin of a board, from recordings made here and now.

    Raises as `run` and `fit_twin`.
    """
    sessions = [
        Session(one.program, one.stimulus, (run(one.program, board, one.stimulus),))
        for one in plan(program)
    ]
    own = Session(program, stimulus, (run(program, board, stimulus),))
    return fit_twin(own, sessions, options, tell)
