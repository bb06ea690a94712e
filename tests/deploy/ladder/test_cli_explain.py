"""`analoop explain` as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import Program, compile, run_virtual
from analoop.deploy.ladder.ladder import NAMES
from analoop.hw import Snapshot
from analoop.hw.virtual_board import parse_board
from analoop.models import Recording, Stimulus
from analoop.models.partial_recording import PartialRecording

from ..command import Shell
from ..measured import REAL, Measured, connect
from . import planted

BOARD = "sim:seed=3,defects=1,noise=1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network, its program, a labelled stimulus, and what the board did with it."""
    folder = tmp_path_factory.mktemp("explain")
    network, stimulus = planted.sound()
    few, program = stimulus.select(np.arange(8)), compile(network)
    network.save(folder / "net.npz")
    program.save(folder / "program.npz")
    few.save(folder / "input.npz")
    run_virtual(program, [parse_board(BOARD)], few)[0].save(folder / "recording.npz")
    return folder


def test_the_waterfall_shows_every_rung_and_the_verdict(folder: Path, shell: Shell):
    done = shell(
        "explain", folder / "program.npz", "--board", BOARD, "--network", folder / "net.npz",
        "--input", folder / "input.npz", "-q",
    )  # fmt: skip
    assert done.code == 0 and done.err == ""
    assert done.out.startswith("Gap ladder to SIMULATED board")
    assert all(name in done.out for name in NAMES)
    assert done.out.splitlines()[-1].startswith("No rung breaks it")


def test_json_and_the_file_hold_the_same_ladder(folder: Path, shell: Shell, tmp_path: Path):
    done = shell(
        "explain", folder / "program.npz", "--board", BOARD, "--input", folder / "input.npz",
        "--json", "-o", tmp_path / "ladder.json",
    )  # fmt: skip
    assert done.json == json.loads((tmp_path / "ladder.json").read_text())
    assert [rung["outcome"] is None for rung in done.json["rungs"]][:5] == [True] * 4 + [False]


def test_a_recording_says_itself_of_which_board_it_is(folder: Path, shell: Shell):
    common = ("explain", folder / "program.npz", "--input", folder / "input.npz", "--json", "-q")
    played = shell(*common, "--board", BOARD).json
    recorded = shell(*common, "--recording", folder / "recording.npz").json
    assert recorded["rungs"][-1]["outcome"] == played["rungs"][-1]["outcome"]
    wrong = shell(*common, "--recording", folder / "recording.npz", "--board", "sim:seed=4")
    assert wrong.code == 2 and "WRONG_RECORDING" in wrong.err


def test_a_network_that_does_not_fit_is_fitted_and_compiled(shell: Shell, tmp_path: Path):
    network, stimulus = planted.many_small_synapses()
    network.save(tmp_path / "net.npz")
    stimulus.save(tmp_path / "input.npz")
    done = shell(
        "explain", tmp_path / "net.npz", "--board", "sim", "--input", tmp_path / "input.npz",
        "--compiled", tmp_path / "program.npz", "--json", "-q",
    )  # fmt: skip
    assert done.json["named"] == "fan-in limit"
    assert Program.load(tmp_path / "program.npz").hash == done.json["provenance"]["program"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "NO_INPUT"),
        (("--input", "input.npz"), "NO_BOARD"),
        (("--input", "input.npz", "--board", "sim", "--twin", "sim:seed=1"), "TWIN"),
        (("--input", "input.npz", "--board", "simulator"), "UNKNOWN_BOARD"),
        (("--input", "input.npz", "--board", "sim", "--board-chips", "2"), "COMPILED"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(
    folder: Path, shell: Shell, monkeypatch, arguments: tuple[str, ...], code: str
):
    monkeypatch.chdir(folder)
    done = shell("explain", "program.npz", *arguments)
    assert done.code in (2, 3) and code in done.err


def test_a_stimulus_without_labels_is_refused(folder: Path, shell: Shell, tmp_path: Path):
    none = np.zeros(0, np.int64)
    channels = planted.LABELS * planted.WIDTH
    Stimulus(channels, np.array([1000]), none, none, none).save(tmp_path / "bare.npz")
    done = shell(
        "explain", folder / "program.npz", "--board", "sim", "--input", tmp_path / "bare.npz"
    )
    assert done.code == 2 and "NO_TARGETS" in done.err


def screening_of(name: str, folder: Path) -> Path:
    """A snapshot of a board of this name, in which nothing was found."""
    words = np.ones((1, 4, 256, 64, 2), np.uint8)
    record = {"name": name, "target": "measured", "chip": "dynapse2", "serial": name[-1]}
    stuck = np.zeros((1, 4, 256), bool)
    made = Snapshot(record, "2026-11-21", "by hand", words, words * 0, stuck)
    return made.save(folder / f"of_{name[-1]}.npz")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--input", "bare.npz"), "NO_TARGETS"),
        (("--network", "other.npz"), "NETWORK_MISMATCH"),
        (("--twin", "simulator"), "UNKNOWN_BOARD"),
        (("--twin", "sim:snapshot=missing.npz"), "FILE_MISSING"),
        (("--snapshot", "of_8.npz"), "WRONG_BOARD"),
        (("-o", "taken/ladder.json"), "FILE_NOT_WRITABLE"),
    ],
)
def test_a_real_board_does_not_play_before_all_else_is_right(
    folder: Path, shell: Shell, tmp_path: Path, monkeypatch, options: tuple[str, ...], code: str
):
    none = np.zeros(0, np.int64)
    channels = planted.LABELS * planted.WIDTH
    Stimulus(channels, np.array([1000]), none, none, none).save(tmp_path / "bare.npz")
    planted.sound(30.0)[0].save(tmp_path / "net.npz")
    planted.many_small_synapses()[0].save(tmp_path / "other.npz")
    screening_of("dynapse2:8", tmp_path)
    (tmp_path / "taken" / "ladder.recording.npz").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    connect(monkeypatch)
    asked = ("explain", folder / "program.npz", "--board", REAL, "-q")
    if "--input" not in options:
        asked = (*asked, "--input", folder / "input.npz")
    done = shell(*asked, *options)
    assert done.code in (2, 3) and code in done.err
    assert Measured.programmed == 0
    assert {p.suffix for p in tmp_path.iterdir()} == {".npz", ""}, "no report"


def test_what_a_real_board_played_is_kept_beside_the_report_that_cites_it(
    folder: Path, shell: Shell, tmp_path: Path, monkeypatch
):
    connect(monkeypatch)
    out = tmp_path / "ladder.json"
    asked = ("explain", folder / "program.npz", "--board", REAL, "--input", folder / "input.npz")
    done = shell(*asked, "--snapshot", screening_of("dynapse2:7", tmp_path), "-o", out)
    assert done.code == 0 and Measured.programmed == 1
    kept = Recording.load(tmp_path / "ladder.recording.npz")
    assert f"wrote {tmp_path / 'ladder.recording.npz'}" in done.out
    ladder = json.loads(out.read_text())
    assert ladder["rungs"][-1]["outcome"]["recording"] == kept.hash
    assert ladder["provenance"]["board"]["name"] == kept.board["name"] == "dynapse2:7"
    again = shell(
        *asked[:2], *asked[4:], "--recording", tmp_path / "ladder.recording.npz", "--json"
    )
    assert again.json["rungs"][-1]["outcome"]["recording"] == kept.hash
    assert "--out keeps it" in shell(*asked).err


def test_a_board_that_fails_leaves_its_part_beside_the_recording_of_an_earlier_ladder(
    folder: Path, shell: Shell, tmp_path: Path, monkeypatch
):
    earlier = tmp_path / "ladder.recording.npz"
    earlier.write_bytes(b"precious")
    connect(monkeypatch, breaks_in=1)
    done = shell(
        "explain", folder / "program.npz", "--board", REAL, "--input", folder / "input.npz",
        "-o", tmp_path / "ladder.json",
    )  # fmt: skip
    assert done.code == 4 and "HARDWARE_FAULT" in done.err
    file = tmp_path / "ladder.recording.failed-1.npz"
    assert f"kept what came in {file}" in done.err
    assert PartialRecording.load(file).content.n_trials == 2
    assert earlier.read_bytes() == b"precious"
