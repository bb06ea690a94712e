"""Prove what a board was programmed with, word by word: silicon cannot be read, so it is asked.

Three questions, each with register images of its own (docs/decisions/0010): is every neuron seen
under its identity, does every CAM word hear, does every destination word arrive. Only the `Board`
protocol is used, so any board can be asked.
"""

from __future__ import annotations

from collections.abc import Callable

from ..hw.board import Board
from .probe_destinations import deliver
from .probe_images import Examiner
from .probe_monitors import call_the_roll
from .probe_report import ProbeReport, coverage
from .probe_synapses import listen
from .program import Program


def _silent(line: str) -> None:
    """No progress."""


def probe(program: Program, board: Board, progress: Callable[[str], None] = _silent) -> ProbeReport:
    """Probe every CAM word, destination and monitor word of a program on a board.

    The board holds the program afterwards; it held others in between.

    Args:
        progress: told now and then what is being asked.

    Raises:
        RegisterError: the board cannot make what the program asks for.
        HardwareError: the board failed.
        IncompleteError: UNBALANCED, the books of the board do not balance; WORDS_LOST, the link
            loses so much that words were not asked, however often it was tried.
    """
    examiner = Examiner(program, board, progress)
    roll = call_the_roll(examiner)
    hearing = listen(examiner, roll.alone)
    delivered, undelivered = deliver(examiner, hearing, roll.alone)
    board.program(program.configuration)
    return ProbeReport(
        coverage=(
            coverage("monitor words", roll.outcomes),
            coverage("CAM words", hearing.outcomes),
            coverage("destinations", delivered),
        ),
        failures=(*roll.failures, *hearing.failures, *undelivered),
        board=board.identity.record(),
        program=program.hash,
        images=examiner.images,
        chip_time_s=examiner.played_us * 1e-6,
    )
