"""Virtual boards with broken parts: stuck neurons, and the defects of a snapshot file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.hw import (
    DYNAPSE2,
    TINY,
    Events,
    Snapshot,
    VirtualBoard,
    build_fleet,
    open_board,
    parse_board,
    run_trials,
    sample_defects,
    sample_stuck,
)
from analoop.hw.board import Trial
from analoop.models import BoardError, FileError, InputError
from analoop.models.runner import Runner

from .boards import ORIGIN, Place, biases, latches, monitor, played, registers, regular, synapse
from .snapshots import snapshot

NEURONS = [Place(neuron=n) for n in range(64)]
SECOND_US = 200_000


def all_monitored(*switches: tuple, **currents: float):
    """Sixty-four neurons that hear tag 1024 and tag 0."""
    words = [synapse(p, 1024) for p in NEURONS] + [synapse(p, 0, word=1) for p in NEURONS]
    return registers(words, [monitor(p) for p in NEURONS], switches, biases(**currents))


def counts(some: Events) -> np.ndarray:
    return np.bincount(some.tag, minlength=256)[:64]


@pytest.mark.parametrize("runner", [Runner(), Runner("single")])
def test_a_stuck_neuron_spikes_at_its_refractory_rate_without_input_and_others_are_silent(runner):
    board = VirtualBoard(3, stuck=0.2, level=0)
    fleet = build_fleet(all_monitored(i_refractory=2.1e-10), [board])  # 5 ms
    got = counts(run_trials(fleet, [Trial(Events.none(), SECOND_US)], runner)[0][0])
    stuck = sample_stuck(3, 0, DYNAPSE2, 0.2)[0, :64]
    assert 5 < stuck.sum() < 25
    assert (got[~stuck] == 0).all()
    assert (abs(got[stuck] - SECOND_US / 5000) <= 3).all()


def test_a_stuck_neuron_is_silenced_by_its_kill_latch():
    board = parse_board("sim:seed=3,stuck=1")
    dead = all_monitored(*(latches(p, "latch_soif_kill") for p in NEURONS[:32]))
    got = counts(played(dead, Events.none(), SECOND_US, board.name))
    assert (got[:32] == 0).all() and (got[32:] > 0).all()


def test_a_smaller_share_is_stuck_within_a_larger_one_and_each_chip_has_its_own():
    few, many = (sample_stuck(3, 0, DYNAPSE2, share) for share in (0.01, 0.1))
    assert (few & ~many).sum() == 0
    assert many.mean() == pytest.approx(0.1, abs=0.03)
    assert (sample_stuck(3, 1, DYNAPSE2, 0.1) != many).any()
    assert not sample_stuck(3, 0, DYNAPSE2, 0.0).any()


def test_the_deaf_words_of_a_seed_do_not_depend_on_its_stuck_neurons():
    a, b = parse_board("sim:seed=3,defects=1"), parse_board("sim:seed=3,defects=1,stuck=0.5")
    fleets = [build_fleet(all_monitored(), [board]) for board in (a, b)]
    assert (fleets[0].weights == fleets[1].weights).all()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A snapshot in which neuron 3 is deaf to 1024, neuron 4 to 0, and neuron 5 stuck."""
    made = snapshot(bad=[(0, 0, 3, 0, 1), (0, 0, 4, 1, 0)], stuck=[(0, 0, 5)])
    return made.save(tmp_path / "snapshot.npz")


@pytest.mark.parametrize("seed", ["", "seed=3,"])
def test_a_board_has_the_defects_of_a_snapshot_file(file: Path, seed: str):
    name = f"sim:{seed}snapshot={file}"
    for tag, deaf in ((1024, 3), (0, 4)):
        got = counts(played(all_monitored(), regular(500, 100_000, tag), 100_000, name))
        assert got[deaf] == 0
        assert (np.delete(got, deaf) > 0).all()
    quiet = counts(played(all_monitored(), Events.none(), 100_000, name))
    assert np.flatnonzero(quiet).tolist() == [5]


def test_a_snapshot_leaves_the_mismatch_of_its_seed(file: Path):
    fleets = [
        build_fleet(all_monitored(), [VirtualBoard(3, snapshot=s)]) for s in (None, str(file))
    ]
    plain, broken = (f.weights[0] for f in fleets)
    assert (plain[broken > 0] == broken[broken > 0]).all()
    assert (broken == 0).sum() == 2


def test_the_board_says_which_snapshot_it_was_given(file: Path, tmp_path: Path):
    with open_board(f"sim:snapshot={file}") as board:
        assert board.identity.name == f"sim:nominal,snapshot={file}"
        assert board.identity.record()["snapshot"] == Snapshot.load(file).hash
        snapshot(bad=[(0, 0, 9, 0, 1)]).save(file)
        assert board.identity.record()["snapshot"] == Snapshot.load(file).hash
    with open_board("sim:seed=3") as board:
        assert "snapshot" not in board.identity.record()


def test_a_path_is_taken_as_text(file: Path):
    board = VirtualBoard(snapshot=file)  # pyright: ignore[reportArgumentType]
    assert board == parse_board(board.name) == VirtualBoard(snapshot=str(file))


@pytest.mark.parametrize(
    "name",
    ["sim:snapshot=", "sim:seed=1,defects=1,snapshot=a.npz", "sim:seed=1,stuck=0.1,snapshot=a.npz",
     "sim:stuck=0.1", "sim:seed=1,stuck=2", "sim:seed=1,stuck=nan"],
)  # fmt: skip
def test_names_that_make_no_sense_are_refused(name: str):
    with pytest.raises(BoardError) as caught:
        open_board(name)
    assert caught.value.code == "UNKNOWN_BOARD"


def test_a_missing_file_is_missed_when_the_board_is_opened(tmp_path: Path):
    parse_board(f"sim:snapshot={tmp_path / 'none.npz'}")  # a name alone reads nothing
    with pytest.raises(FileError) as caught:
        open_board(f"sim:snapshot={tmp_path / 'none.npz'}")
    assert caught.value.code == "FILE_MISSING"


def test_a_snapshot_of_another_kind_or_number_of_chips_is_refused(file: Path):
    with pytest.raises(InputError) as caught:
        open_board(f"sim:snapshot={file}", TINY)
    assert caught.value.code == "WRONG_CHIP"
    two = replace(all_monitored(), n_chips=2)
    with open_board(f"sim:snapshot={file}") as board, pytest.raises(InputError) as caught:
        board.program(two)
    assert caught.value.code == "SNAPSHOT_CHIPS"


def test_sampled_defects_are_as_before():
    """The seed of a board names its deaf words for good (DEFECTS_VERSION)."""
    deaf = sample_defects(3, 0, DYNAPSE2).deaf
    half = (0, 1)
    with open_board("sim:seed=3,defects=1") as board:
        assert board.identity.record()["defects"] == "analoop-defects-1"
    fleet = build_fleet(all_monitored(), [parse_board("sim:seed=3,defects=1")])
    c = fleet.circuits
    at = (0, c.address[c.target][:, 2], c.cam_word, (c.tag >= 1024).astype(int))
    assert ((fleet.weights[0] == 0) == deaf[at]).all()
    assert deaf.shape[-1] == len(half) and ORIGIN == (0, 0, 0)
