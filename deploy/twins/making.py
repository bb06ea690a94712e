"""A twin of a board that is at hand: characterise it, play the program's own stimulus, fit."""

from __future__ import annotations

from collections.abc import Callable

from ...hw.board import Board
from ...hw.snapshot import Snapshot
from ...models.recording import Recording, Stimulus
from ..execution import run
from ..program import Program
from .characterization import KINDS, plan
from .fitting import FitOptions, check_ahead, fit_twin
from .sessions import Session

PLAYS = (*KINDS, "program")
"""What is played, in this order: the programs of the characterization, and the user's own."""


def make_twin(
    program: Program,
    stimulus: Stimulus,
    board: Board,
    options: FitOptions,
    tell: Callable[[int, int], None] | None = None,
    keep: Callable[[str, Recording], None] = lambda play, recording: None,
) -> Snapshot:
    """The twin of a board, from recordings made here and now.

    What can be known without them is checked before the board is programmed.

    Args:
        keep: given each recording as soon as it is made, with its name of `PLAYS`.

    Raises as `run` and `fit_twin`.
    """
    planned = plan(program)
    check_ahead(program, stimulus, board.identity.record(), options)

    def played(name: str, program: Program, stimulus: Stimulus) -> Session:
        recording = run(program, board, stimulus)
        keep(name, recording)
        return Session(program, stimulus, (recording,))

    sessions = [played(one.kind, one.program, one.stimulus) for one in planned]
    own = played(PLAYS[-1], program, stimulus)
    return fit_twin(own, sessions, options, tell)
