"""Snapshots: what is bad follows from the counts, files come back whole, boards are told apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.hw import TINY, Snapshot, VirtualBoard
from analoop.hw.simulated_board import identify
from analoop.hw.snapshot import HIGH, LOW
from analoop.models import FileError, InputError

from .snapshots import snapshot


def test_a_word_is_bad_if_it_fails_in_more_than_a_tenth_of_its_trials_or_was_never_tried():
    made = snapshot(chip=TINY)
    tried, failed = made.tried.copy(), made.failed.copy()
    failed[0, 0, 0, :, HIGH] = (0, 1, 2)
    tried[0, 1, 3, 2, LOW] = 0
    tried[0, 1, 3, 1, LOW], failed[0, 1, 3, 1, LOW] = 255, 26
    bad = replace(made, tried=tried, failed=failed).bad
    assert bad[0, 0, 0, :, HIGH].tolist() == [False, False, True]
    assert bad[0, 1, 3, :, LOW].tolist() == [False, True, True]
    assert bad.sum() == 3


def test_cores_are_unusable_and_neurons_mute_if_all_their_words_fail():
    bad = np.zeros((1, 2, 4, 3, 2), bool)
    bad[0, 1, :, :, LOW] = True
    bad[0, 0, 2] = True
    made = snapshot(bad, stuck=[(0, 1, 3)], chip=TINY)
    assert made.unusable.tolist() == [[[False, False], [True, False]]]
    assert np.argwhere(made.mute).tolist() == [[0, 0, 2]]
    first, second = made.cores()
    assert first == {"chip": 0, "core": 0, "words": 12, "failing_low": 3, "failing_high": 3,
                     "unusable": [], "stuck": 0, "mute": 1}  # fmt: skip
    assert second == {"chip": 0, "core": 1, "words": 9, "failing_low": 9, "failing_high": 0,
                      "unusable": ["low"], "stuck": 1, "mute": 0}  # fmt: skip


def test_a_file_gives_back_what_was_written(tmp_path: Path):
    made = snapshot(bad=[(0, 0, 3, 2, 1)], stuck=[(0, 1, 2)], chip=TINY)
    back = Snapshot.load(made.save(tmp_path / "s.npz"))
    assert back.hash == made.hash
    assert (back.bad == made.bad).all() and (back.stuck == made.stuck).all()
    assert (back.date, back.method, back.board) == (made.date, made.method, made.board)
    other = snapshot(bad=[(0, 0, 3, 2, 0)], stuck=[(0, 1, 2)], chip=TINY)
    assert other.hash != made.hash


def test_a_whole_chip_is_a_small_file(tmp_path: Path):
    random = np.random.default_rng(0)
    bad = random.random((1, 4, 256, 64, 2)) < 0.2
    assert snapshot(bad).save(tmp_path / "s.npz").stat().st_size < 100_000


@pytest.mark.parametrize(
    "change",
    [
        {"failed": np.full((1, 2, 4, 3, 2), 11)},
        {"tried": np.zeros((1, 2, 4, 3))},
        {"stuck": np.zeros((2, 2, 4))},
        {"stuck": np.zeros((1, 4))},
    ],
)
def test_arrays_of_no_board_are_refused(change: dict, tmp_path: Path):
    with pytest.raises(InputError) as caught:
        replace(snapshot(chip=TINY), **change)
    assert caught.value.code == "SNAPSHOT_INVALID"


def test_a_file_of_another_kind_is_refused(tmp_path: Path):
    from .lively import lively

    with pytest.raises(FileError) as caught:
        Snapshot.load(lively().save(tmp_path / "c.npz"))
    assert caught.value.code == "FILE_WRONG_KIND"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (VirtualBoard(3), True),
        (VirtualBoard(3, step_us=100), True),
        (VirtualBoard(3, noise=1.0, loss=0.1, temperature_C=40.0, precision="single"), True),
        (VirtualBoard(4), False),
        (VirtualBoard(), False),
        (VirtualBoard(3, 0.5), False),
        (VirtualBoard(3, defects=True), False),
        (VirtualBoard(3, stuck=0.1), False),
        (VirtualBoard(3, doubled=True), False),
        (VirtualBoard(3, mismatch="paper"), False),
    ],
)
def test_a_snapshot_is_of_the_board_with_these_chips_however_it_is_run(other, same: bool):
    made = snapshot(board=VirtualBoard(3), chip=TINY)
    assert made.is_of(identify(other, TINY).record()) == same


def test_a_snapshot_is_of_a_board_that_was_given_its_defects(tmp_path: Path):
    made = snapshot(board=VirtualBoard(3), chip=TINY)
    path = str(made.save(tmp_path / "s.npz"))
    assert made.is_of(identify(VirtualBoard(snapshot=path), TINY).record())
    assert made.is_of(identify(VirtualBoard(9, snapshot=path), TINY).record())


def test_a_real_board_is_known_by_its_serial_number_or_else_by_its_name():
    board = {"name": "dynapse2:123", "target": "measured", "chip": "tiny", "serial": "123"}
    made = replace(snapshot(chip=TINY), board=board | {"bit_file": "abc"})
    assert made.is_of(board | {"name": "dynapse2:any"})
    assert not made.is_of(board | {"serial": "124"})
    named = {k: v for k, v in board.items() if k != "serial"}
    assert replace(made, board=named).is_of(named)
    assert not replace(made, board=named).is_of(named | {"name": "dynapse2:124"})
    assert not made.is_of(identify(VirtualBoard(3), TINY).record())
