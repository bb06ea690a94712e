"""What was asked of a board, over all its programs, and what became of it."""

import numpy as np
import pytest

from analoop.hw import TINY, Configuration, SimulatedBoard, VirtualBoard
from analoop.hw.ledger import Ledger
from analoop.hw.screening_program import asking, quiet, registers
from analoop.models.errors import IncompleteError

from .driven import Driven

ASKED = asking(TINY, 1, 0, np.arange(TINY.cam_words))
WORDS = len(ASKED.events)


def program() -> Configuration:
    return registers(TINY, 1, 0, np.zeros((1, TINY.cores, TINY.neurons_per_core), bool))


def test_books_go_on_over_programs_and_leave_out_what_others_asked():
    with Driven(VirtualBoard(), TINY) as board:
        board.program(program())
        board.run_trials([ASKED])
        ledger = Ledger(board)
        for _ in range(2):
            ledger.program(program())
            ledger.run_trials([ASKED, quiet()])
            ledger.run_trials([ASKED])
        books = ledger.books
    assert books["words"] == books["echoed"] == 4 * WORDS
    assert books["stale"] == 2 * 5 and books["control"] == 4 * (WORDS + 10)


def test_what_the_last_run_lost_is_told_apart_from_what_came_before():
    with Driven(VirtualBoard(), TINY, loses=(1,)) as board:
        ledger, lost = Ledger(board), []
        ledger.program(program())
        for _ in range(3):
            ledger.run_trials([ASKED])
            lost.append(ledger.lost)
    assert lost == [0, WORDS, 0] and ledger.late == 0
    assert "lost" in str(ledger.gave_up("for them"))


def test_a_board_that_keeps_no_books_of_its_own_has_lost_nothing():
    with SimulatedBoard(VirtualBoard(), TINY) as board:
        ledger = Ledger(board)
        ledger.program(program())
        came = ledger.run(ASKED.events, ASKED.duration_us)
    assert len(came) > 0 and (ledger.lost, ledger.late) == (0, 0)
    assert ledger.books == {"control": 0, "saturated": 0, "words": WORDS}


class Losing(Driven):
    """Events are lost between where they are counted and who asked."""

    def run_trials(self, trials):
        return [events.chosen(np.arange(1, len(events))) for events in super().run_trials(trials)]


def test_books_that_do_not_balance_end_it():
    for board, said in (
        (Driven(VirtualBoard(), TINY, repeated=1), "echoes of no word"),
        (Losing(VirtualBoard(), TINY), "received"),
    ):
        with board, pytest.raises(IncompleteError, match=said) as caught:
            ledger = Ledger(board)
            ledger.program(program())
            ledger.run_trials([ASKED])
        assert (caught.value.code, caught.value.partial) == ("UNBALANCED", None)
