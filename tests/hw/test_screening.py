"""Screening finds what is broken, through registers and events alone, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from analoop.hw import (
    DYNAPSE2,
    TINY,
    ChipSpec,
    Events,
    SimulatedBoard,
    Snapshot,
    VirtualBoard,
    open_board,
    parse_board,
    sample_defects,
    sample_stuck,
    screen,
)
from analoop.hw.board import Trial
from analoop.hw.screening import METHOD
from analoop.hw.screening_program import tags
from analoop.models import InputError
from analoop.models.errors import IncompleteError

from .driven import Driven
from .snapshots import DATE, snapshot

SMALL = replace(
    TINY, neurons_per_core=25, cam_words=8, tags=256, max_chips=3, max_hop=3, host_hop=-3
)
"""Small enough to be screened in a moment, on up to three chips."""


def screened(board: VirtualBoard, chip: ChipSpec = SMALL, n_chips: int = 1, trials: int = 3):
    with SimulatedBoard(board, chip) as opened:
        return screen(opened, DATE, n_chips, trials)


def agreement(found: Snapshot, deaf: np.ndarray) -> tuple[float, float]:
    """Share of deaf words that were found, and of hearing words that were called bad."""
    tried = found.tried > 0
    hearing = ~deaf & tried
    return found.bad[deaf & tried].mean(), (found.bad & hearing).sum() / hearing.sum()


def deaf_words(seed: int, chip: ChipSpec, n_chips: int = 1) -> np.ndarray:
    return np.stack([sample_defects(seed, k, chip).deaf for k in range(n_chips)])


def test_a_board_without_defects_is_clean():
    found = screened(VirtualBoard())
    assert not found.bad.any() and not found.stuck.any() and not found.mute.any()
    assert (found.tried == 3).all()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["", ",doubled=1", ",mismatch=paper", ",level=2", ",noise=1"])
def test_deaf_words_are_found_on_mismatched_boards(seed: int, kind: str):
    found = screened(parse_board(f"sim:seed={seed},defects=1{kind}"))
    share, alarms = agreement(found, deaf_words(seed, SMALL))
    assert share >= 0.99 and alarms < 0.001


@pytest.mark.parametrize("seed", [1, 3])
def test_a_whole_chip_is_screened_without_a_mistake(seed: int):
    found = screened(VirtualBoard(seed, defects=True, stuck=0.02), DYNAPSE2, trials=1)
    assert agreement(found, deaf_words(seed, DYNAPSE2)) == (1.0, 0.0)
    assert (found.stuck[0] == sample_stuck(seed, 0, DYNAPSE2, 0.02)).all()


def test_several_chips_are_screened_each_with_its_own_defects():
    found = screened(VirtualBoard(5, defects=True), n_chips=3)
    assert agreement(found, deaf_words(5, SMALL, 3)) == (1.0, 0.0)


def test_the_defects_of_a_snapshot_are_found_again(tmp_path):
    bad = np.random.default_rng(3).random((1, 4, 256, 64, 2)) < 0.2
    given = snapshot(bad, stuck=[(0, 0, 5), (0, 3, 255)])
    path = given.save(tmp_path / "given.npz")
    with open_board(f"sim:seed=1,snapshot={path}") as board:
        found = screen(board, DATE, trials=2)
    assert (found.bad == given.bad).all() and (found.stuck == given.stuck).all()
    assert found.board["snapshot"] == given.hash


def test_stuck_neurons_are_named_and_not_tried_and_never_spoil_the_others():
    board = VirtualBoard(2, defects=True, stuck=0.2)
    found = screened(board)
    stuck = sample_stuck(2, 0, SMALL, 0.2)
    assert stuck.any() and (found.stuck[0] == stuck).all()
    assert (found.tried[0][stuck] == 0).all() and found.bad[0][stuck].all()
    assert not found.mute[0][stuck].any()
    assert agreement(found, deaf_words(2, SMALL)) == (1.0, 0.0)


class Flaky(SimulatedBoard):
    """A board on which some answers of neuron 0 are missing in some trials, and strangers talk."""

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        came = super().run_trials(trials)
        self.runs = getattr(self, "runs", -1) + len(trials)
        silent = self.runs % 4 == 0
        kept = [e.chosen(np.flatnonzero((e.tag != 0) | (not silent))) for e in came]
        host = self.chip.host_hop + 1
        columns = ([5, 6], [255, 0], [0, 0], [host, host], [0, 1])
        strangers = Events(*(np.array(column) for column in columns))
        return [events.followed_by(strangers) for events in kept]


def test_words_that_fail_sometimes_are_judged_by_their_share_of_trials():
    with Flaky(VirtualBoard(1), SMALL) as board:
        found = screen(board, DATE, trials=8)
    assert (found.failed[0, 0, 0] == 2).all() and found.bad[0, 0, 0].all()
    assert found.bad.sum() == 16
    assert found.books["foreign"] == found.books["control"] == 8 + 2 * 8
    assert found.books["spontaneous"] == found.books["outside"] == 0


def test_words_lost_now_and_then_are_in_the_books_and_no_cam_word_is_blamed_for_them():
    found = screened(VirtualBoard(3, defects=True, loss=0.02), trials=10)
    assert agreement(found, deaf_words(3, SMALL)) == (1.0, 0.0)
    assert found.books["lost_in"] > 0
    assert found.books["words"] >= 2 * 10 * 3 * SMALL.cam_words and (found.tried == 10).all()


def test_a_link_that_loses_whole_bursts_is_blamed_and_not_the_silicon():
    with pytest.raises(IncompleteError, match="were lost on the way") as caught:
        screened(VirtualBoard(loss=0.4))
    assert (caught.value.code, caught.value.exit_code) == ("WORDS_LOST", 4)


def test_more_trials_tell_words_that_are_bad_from_answers_that_were_lost():
    board = VirtualBoard(3, defects=True, loss=0.02)
    with pytest.raises(IncompleteError, match="or 10 trials") as caught:
        screened(board, n_chips=3, trials=2)
    assert caught.value.code == "WORDS_LOST"
    found = screened(board, n_chips=3, trials=10)
    assert agreement(found, deaf_words(3, SMALL, 3)) == (1.0, 0.0)


def test_trials_in_which_bursts_were_lost_are_set_aside_and_put_again():
    with Driven(VirtualBoard(), SMALL, loses=(2,)) as board:
        found = screen(board, DATE, trials=3)
    words = 3 * SMALL.cam_words
    assert not found.bad.any() and (found.tried == 3).all()
    assert found.books["lost_in"] == words and found.books["words"] == 7 * words
    with Driven(VirtualBoard(), SMALL) as board:
        sound = screen(board, DATE, trials=3)
    assert sound.books["lost_in"] == 0 and "set_aside" not in sound.books
    assert found.books["answers"] == sound.books["answers"]


def test_late_words_are_never_heard_for_those_of_another_slot():
    with Driven(VirtualBoard(), SMALL, late=1) as board, pytest.raises(IncompleteError) as caught:
        screen(board, DATE, trials=3)
    assert caught.value.code == "WORDS_LOST"


def test_books_that_do_not_balance_are_no_screening():
    unsound = Driven(VirtualBoard(), SMALL, repeated=1)
    with unsound as board, pytest.raises(IncompleteError, match="echoes of no word") as caught:
        screen(board, DATE, trials=3)
    assert (caught.value.code, caught.value.exit_code) == ("UNBALANCED", 6)


def test_the_books_of_a_screening_hold_every_word_and_event_of_all_its_programs():
    with Driven(VirtualBoard(2, stuck=0.2), SMALL) as board:
        books = screen(board, DATE, trials=3).books
    assert books["words"] == books["echoed"] == 6 * 3 * SMALL.cam_words
    kinds = ("answers", "spontaneous", "outside", "foreign", "control", "stale")
    assert books["received"] == sum(books[kind] for kind in kinds)
    assert books["spontaneous"] > 0 < books["control"]


def test_the_same_board_gives_the_same_snapshot():
    board = VirtualBoard(3, defects=True, noise=1.0)
    assert screened(board).hash == screened(board).hash


def test_a_snapshot_says_on_which_board_when_and_how_it_was_measured():
    found = screened(VirtualBoard(3, defects=True))
    assert (found.board["name"], found.board["target"]) == ("sim:seed=3,defects=1", "simulated")
    assert (found.date, found.method) == (DATE, METHOD)


def test_progress_counts_every_trial():
    steps = []
    with SimulatedBoard(VirtualBoard(), TINY) as board:
        screen(board, DATE, trials=2, progress=lambda *step: steps.append(step))
    assert [done for done, _, _ in steps] == [0, 2, 3, 4, 5, 6]
    assert {planned for _, planned, _ in steps} == {6}


@pytest.mark.parametrize(("n_chips", "trials"), [(0, 3), (4, 3), (1, 0), (1, 256)])
def test_numbers_that_cannot_be_are_refused(n_chips: int, trials: int):
    with pytest.raises(InputError) as caught:
        screened(VirtualBoard(), n_chips=n_chips, trials=trials)
    assert caught.value.code == "SCREENING"


@pytest.mark.parametrize("chip", [DYNAPSE2, TINY, SMALL])
def test_every_word_has_a_tag_of_its_own_in_the_half_it_is_asked_for(chip: ChipSpec):
    for half in (0, 1):
        own = tags(chip, half)
        assert len(set(own.tolist())) == chip.cam_words
        assert (own // (chip.tags // 2) == half).all()


def test_a_chip_with_more_words_than_tags_is_refused():
    with pytest.raises(InputError) as caught:
        tags(replace(TINY, cam_words=9), 0)
    assert caught.value.code == "TOO_FEW_TAGS"
