"""`analoop twin` as a shell sees it."""

from pathlib import Path

import numpy as np
import pytest

from analoop.hw import Snapshot, open_board
from analoop.hw.snapshot import unscreened
from analoop.hw.twin import HeldOut, Twin

from ..command import Shell
from .boards import BOARD as BOARD_3
from .boards import program, recorded, trains

BOARD = "sim:seed=3"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twins")
    program().save(folder / "program.npz")
    trains(20).save(folder / "in.npz")
    return folder


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def test_make_writes_a_twin_that_check_and_a_board_name_take(shell: Shell, at: Path):
    made = shell("twin", "make", "program.npz", "--board", BOARD, "--input", "in.npz",
                 "-o", "twin.npz", "--json", "-q")  # fmt: skip
    assert made.code == 0, made.err
    assert made.json["board"]["target"] == "simulated"
    score = made.json["fidelity"]
    assert 3 * score["twin"]["rms_Hz"] < score["nominal"]["rms_Hz"]
    assert {row["name"] for row in made.json["factors"]} >= {"tau_mem", "gain_ampa", "threshold"}
    good = shell("twin", "check", "twin.npz", "program.npz", "--least", 3)
    assert good.code == 0 and "fidelity: " in good.out
    with open_board(f"sim:snapshot={at / 'twin.npz'}") as board:
        record = board.identity.record()
    assert record["target"] == "simulated" and record["twin_of"] == BOARD
    assert record["twin"] == made.json["twin"]


def test_plan_run_and_fit_make_a_twin_from_files(shell: Shell, at: Path):
    planned = shell("twin", "plan", "program.npz", "-o", "plan", "--trials", 3)
    assert planned.code == 0 and "own.stimulus.npz" in planned.out
    for kind in ("own", "steep"):
        shell("run", f"plan/{kind}.program.npz", "--board", BOARD, "--input",
              f"plan/{kind}.stimulus.npz", "-o", f"plan/{kind}.recording.npz")  # fmt: skip
    shell("run", "program.npz", "--board", BOARD, "--input", "in.npz", "-o", "r.npz")
    fitted = shell("twin", "fit", "program.npz", "--recording", "r.npz", "--input", "in.npz",
                   "--plan", "plan", "-o", "fitted.npz", "-q")  # fmt: skip
    assert fitted.code == 0, fitted.err
    assert "uncertainty left" in fitted.out and "(simulated)" in fitted.out
    twin = Snapshot.load(at / "fitted.npz").twin
    assert twin is not None and len(twin.recordings) == 3


def test_a_recording_of_another_stimulus_is_bad_input(shell: Shell, at: Path):
    trains(5, seed=9).save(at / "other.npz")
    shell("run", "program.npz", "--board", BOARD, "--input", "other.npz", "-o", "other_r.npz")
    wrong = shell("twin", "fit", "program.npz", "--recording", "other_r.npz", "--input", "in.npz",
                  "-o", "never.npz", "-q")  # fmt: skip
    assert wrong.code == 2 and "TWIN_RECORDINGS" in wrong.err
    assert not (at / "never.npz").exists()


def test_a_twin_that_is_not_good_enough_fails_its_check(shell: Shell, at: Path):
    session = recorded(program(), trains(4), BOARD_3)
    ones = {"i_tau_mem": np.ones((1, 4, 256))}
    held = HeldOut(session.stimulus, session.recordings)
    poor = Twin(
        session.board, "now", "by hand", ones, {"tau_mem": ones["i_tau_mem"]}, held_out=held
    )
    unscreened(poor).save(at / "poor.npz")
    judged = shell("twin", "check", "poor.npz", "program.npz", "--least", 3, "--json")
    assert judged.code == 1 and judged.json["fidelity"]["times_better"] == 1


def test_a_screening_has_no_score(shell: Shell, at: Path):
    from analoop.hw.board import open_board as opened
    from analoop.hw.screening import screen

    with opened(BOARD) as board:
        screen(board, "2026-11-21T12:00:00+00:00", 1, 1, lambda *_: None).save(at / "screen.npz")
    assert "NO_HELD_OUT" in shell("twin", "check", "screen.npz", "program.npz").err
