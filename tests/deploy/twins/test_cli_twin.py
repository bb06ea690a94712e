"""`analoop twin` as a shell sees it."""

from pathlib import Path

import numpy as np
import pytest

from analoop.hw import Snapshot, open_board
from analoop.hw.snapshot import unscreened
from analoop.hw.twin import HeldOut, Twin
from analoop.models import Recording, Stimulus
from analoop.models.partial_recording import PartialRecording

from ..command import Shell
from ..measured import REAL, Measured, connect
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


def held_out(stimulus: Stimulus) -> Snapshot:
    """A twin whose factors are all 1, with what the board did."""
    session = recorded(program(), stimulus, BOARD_3)
    ones = {"i_tau_mem": np.ones((1, 4, 256))}
    held = HeldOut(session.stimulus, session.recordings)
    made = Twin(
        session.board, "now", "by hand", ones, {"tau_mem": ones["i_tau_mem"]}, held_out=held
    )
    return unscreened(made)


def test_a_twin_that_is_not_good_enough_fails_its_check(shell: Shell, at: Path):
    held_out(trains(4)).save(at / "poor.npz")
    judged = shell("twin", "check", "poor.npz", "program.npz", "--least", 3, "--json")
    assert judged.code == 1 and judged.json["fidelity"]["times_better"] == 1


def test_a_screening_has_no_score(shell: Shell, at: Path):
    from analoop.hw.board import open_board as opened
    from analoop.hw.screening import screen

    with opened(BOARD) as board:
        screen(board, "2026-11-21T12:00:00+00:00", 1, 1, lambda *_: None).save(at / "screen.npz")
    assert "NO_HELD_OUT" in shell("twin", "check", "screen.npz", "program.npz").err


def quiet() -> Stimulus:
    """Trials in which nothing is played."""
    none = np.zeros(0, np.int64)
    return Stimulus(4, np.full(4, 100_000), none, none, none)


def test_without_a_held_out_spike_the_fidelity_is_undecided(shell: Shell, at: Path):
    held_out(quiet()).save(at / "silent.npz")
    judged = shell("twin", "check", "silent.npz", "program.npz", "--least", 1_000_000)
    assert judged.code == 5 and "undecided" in judged.out and "exact" not in judged.out
    judged = shell("twin", "check", "silent.npz", "program.npz", "--json")
    assert judged.code == 5 and judged.json["outcome"] == "undecided"
    quiet().save(at / "quiet.npz")
    shell("run", "program.npz", "--board", BOARD, "--input", "quiet.npz", "-o", "quiet_r.npz")
    fitted = shell("twin", "fit", "program.npz", "--recording", "quiet_r.npz", "--input",
                   "quiet.npz", "-o", "unknown.npz", "-q")  # fmt: skip
    assert fitted.code == 0 and "undecided" in fitted.out and "exact" not in fitted.out


@pytest.mark.parametrize("least", ["nan", "-1", "inf"])
def test_a_fidelity_that_says_nothing_is_refused(shell: Shell, at: Path, least: str):
    held_out(trains(4)).save(at / "poor.npz")
    judged = shell("twin", "check", "poor.npz", "program.npz", "--least", least)
    assert judged.code == 2 and "LEAST" in judged.err


@pytest.fixture
def screenings(tmp_path: Path) -> Path:
    """A folder with snapshots of one chip of board 8, and of two chips of board 7."""
    for serial, chips in ((8, 1), (7, 2)):
        words = np.ones((chips, 4, 256, 64, 2), np.uint8)
        board = {"name": f"dynapse2:{serial}", "target": "measured", "chip": "dynapse2"}
        record = board | {"serial": str(serial)}
        stuck = np.zeros((chips, 4, 256), bool)
        made = Snapshot(record, "2026-11-21", "by hand", words, words * 0, stuck)
        made.save(tmp_path / f"of_{serial}.npz")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--hold-out", "0"), "HELD_OUT"),
        (("--hold-out", "nan"), "HELD_OUT"),
        (("--hold-out", "1"), "HELD_OUT"),
        (("--hold-out", "0.01"), "HELD_OUT"),
        (("--input", "wide.npz"), "INPUT_CHANNELS"),
        (("--snapshot", "of_8.npz"), "SNAPSHOT_MIXED"),
        (("--snapshot", "of_7.npz"), "SNAPSHOT_INVALID"),
    ],
)
def test_a_board_does_not_play_before_all_else_is_right(
    shell: Shell, at: Path, screenings: Path, monkeypatch, options: tuple[str, ...], code: str
):
    monkeypatch.chdir(screenings)
    none = np.zeros(0, np.int64)
    Stimulus(5, np.full(4, 100_000), none, none, none).save(screenings / "wide.npz")
    connect(monkeypatch)
    asked = ("twin", "make", at / "program.npz", "--board", REAL, "-o", "never.npz", "-q")
    if "--input" not in options:
        asked = (*asked, "--input", at / "in.npz")
    wrong = shell(*asked, *options)
    assert wrong.code == 2 and code in wrong.err
    assert Measured.programmed == 0 and not (screenings / "never.npz").exists()


def test_a_share_that_is_no_number_is_refused_of_files_too(shell: Shell, at: Path):
    shell("run", "program.npz", "--board", BOARD, "--input", "in.npz", "-o", "r.npz")
    wrong = shell("twin", "fit", "program.npz", "--recording", "r.npz", "--input", "in.npz",
                  "-o", "never.npz", "--hold-out", "nan")  # fmt: skip
    assert wrong.code == 2 and "HELD_OUT" in wrong.err


def test_what_was_played_before_a_board_failed_is_kept_and_makes_the_twin_later(
    shell: Shell, at: Path, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    asked = ("twin", "make", at / "program.npz", "--board", REAL, "--input", at / "in.npz",
             "-o", "twin.npz", "-q")  # fmt: skip
    connect(monkeypatch, breaks_in=3)
    failed = shell(*asked)
    assert failed.code == 4 and "HARDWARE_FAULT" in failed.err
    folder = Path("twin.failed-1")
    assert f"kept what was played in {folder}" in failed.err
    assert PartialRecording.load(folder / "program.partial.npz").content.n_trials == 2
    connect(monkeypatch, breaks_in=2)
    assert shell(*asked).code == 4
    assert {p.name for p in Path("twin.failed-2").glob("*recording*")} == {"own.recording.npz"}
    assert (Path("twin.failed-2") / "steep.partial.npz").exists(), "and the first is left alone"
    connect(monkeypatch)
    again = shell("run", at / "program.npz", "--board", REAL, "--input", at / "in.npz",
                  "-o", "own.npz", "-q")  # fmt: skip
    assert again.code == 0 and Recording.load("own.npz").board["name"] == "dynapse2:7"
    fitted = shell("twin", "fit", at / "program.npz", "--recording", "own.npz", "--input",
                   at / "in.npz", "--plan", folder, "-o", "twin.npz", "-q")  # fmt: skip
    assert fitted.code == 0, fitted.err
    with open_board(f"sim:snapshot={tmp_path / 'twin.npz'}") as board:
        assert board.identity.record()["twin_of"] == "dynapse2:7"


def test_a_fit_that_is_interrupted_keeps_what_was_played(
    shell: Shell, at: Path, tmp_path: Path, monkeypatch
):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("analoop.deploy.twins.fitting.estimate", interrupted)
    done = shell("twin", "make", "program.npz", "--board", BOARD, "--input", "in.npz",
                 "-o", tmp_path / "twin.npz", "-q")  # fmt: skip
    assert done.code == 6
    kept = {p.name for p in (tmp_path / "twin.failed-1").glob("*.recording.npz")}
    assert kept == {"own.recording.npz", "steep.recording.npz", "program.recording.npz"}
