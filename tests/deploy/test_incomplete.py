"""Runs that are no results: what there is of them is kept, as what it is."""

from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import Program, compile, run, verify
from analoop.hw import board as boards
from analoop.hw.samna_board import SamnaBoard, Settings
from analoop.hw.samna_faults import Faults
from analoop.models import INPUT, FileError, Recording
from analoop.models.errors import IncompleteError
from analoop.models.partial_recording import PartialRecording

from .command import Shell
from .measured import REAL, connect
from .networks import LIVELY, network, population, ring, spike_trains, wires

STIMULUS = spike_trains(2, trials=60, seed=3, rate_hz=300.0)


@pytest.fixture(scope="module")
def program() -> Program:
    return compile(ring(4, n_inputs=2))


def over_samna(**faults: int) -> SamnaBoard:
    """The driver over a virtual samna with faults."""
    return SamnaBoard("sim:nominal", Settings(faults=Faults(**faults)))


def test_a_board_behind_samna_records_what_the_simulated_one_does(program: Program):
    few = STIMULUS.select(np.arange(3))
    with over_samna() as one, boards.open_board("sim:nominal") as other:
        recorded, meant = run(program, one, few), run(program, other, few)
    for name in ("trial", "time_us", "neuron"):
        assert getattr(recorded, name).tolist() == getattr(meant, name).tolist()
    books = recorded.books
    assert len(meant.time_us) > 20 and books["in_window"] == len(recorded.time_us)
    assert books["words"] == books["echoed"] + books["late_in"] + books["lost_in"]
    assert books["foreign"] == books["early"] == 0 and books["control"] > books["words"]
    apart = ("in_window", "early", "late", "foreign", "control", "stale")
    assert books["received"] == sum(books[name] for name in apart)


def test_a_board_lost_in_a_run_leaves_a_partial_recording(program: Program):
    with over_samna(vanishes_us=3_000_000) as board, pytest.raises(IncompleteError) as caught:
        run(program, board, STIMULUS)
    partial = caught.value.partial
    assert caught.value.code == "HARDWARE_FAULT" and caught.value.exit_code == 4
    assert "LINK_LOST" in partial.cause and partial.planned == STIMULUS.n_trials
    begun = partial.content.n_trials
    assert 1 < begun < STIMULUS.n_trials
    with boards.open_board("sim:nominal") as other:
        meant = run(program, other, STIMULUS.select(np.arange(begun - 1)))
    whole = partial.content.trial < begun - 1
    assert partial.content.time_us[whole].tolist() == meant.time_us.tolist()


def test_books_that_do_not_balance_are_no_result(program: Program):
    with over_samna(repeated_words=1) as board, pytest.raises(IncompleteError) as caught:
        run(program, board, STIMULUS.select(np.arange(1)))
    assert caught.value.code == "UNBALANCED" and caught.value.exit_code == 6
    assert caught.value.partial.content.books["repeated"] > 0


def test_a_configuration_that_is_ignored_fails_the_known_answer(program: Program):
    with over_samna(ignored_applies=1000) as board:
        assert not verify(program, board)["passed"]


def test_lost_words_are_in_the_books_of_a_result(program: Program):
    with over_samna(lost_permille=100) as board:
        books = run(program, board, STIMULUS.select(np.arange(2))).books
    assert books["lost_in"] > 0
    assert books["words"] == books["echoed"] + books["late_in"] + books["lost_in"]


@pytest.mark.parametrize(
    ("faults", "code"), [({"vanishes_us": 3_000_000}, 4), ({"repeated_words": 1}, 6)]
)
def test_the_command_line_keeps_what_came_and_says_so_in_type_and_exit_code(
    tmp_path: Path,
    files: Path,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    faults: dict[str, int],
    code: int,
):
    monkeypatch.setattr(boards, "open_board", lambda name, chip: over_samna(**faults))
    STIMULUS.save(tmp_path / "in.npz")
    out = tmp_path / "out.npz"
    asked = ("--verify=none", "--input", tmp_path / "in.npz", "-o", out)
    done = shell("run", files / "program.npz", *asked)
    assert done.code == code and "partial recording" in done.err
    with pytest.raises(FileError) as caught:
        Recording.load(out)
    assert caught.value.code == "FILE_WRONG_KIND" and "partial recording" in str(caught.value)
    partial = PartialRecording.load(out)
    assert partial.cause in done.err and len(partial.content.time_us) > 20
    partial.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == out.read_bytes()


def test_validate_keeps_what_came_of_a_board_that_failed_and_never_writes_over_it(
    tmp_path: Path, files: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    asked = ("validate", files / "program.npz", "--input", files / "labelled.npz", "-q")
    asked = (*asked, "--board", "sim:seed=1", "--board", REAL)
    for number in (1, 2):
        connect(monkeypatch, breaks_in=1)
        done = shell(*asked, "-o", tmp_path / "v")
        assert done.code == 4 and "HARDWARE_FAULT" in done.err
        file = tmp_path / "v" / "failed" / f"dynapse2_7.{number}.npz"
        assert f"kept what came in {file}" in done.err
        assert PartialRecording.load(file).content.n_trials == 2
    assert len((tmp_path / "v" / "rows.csv").read_text().splitlines()) == 2, "the row before it"
    connect(monkeypatch, breaks_in=1)
    done = shell(*asked)
    assert done.code == 4 and "--out keeps it" in done.err


def test_what_cannot_be_kept_does_not_hide_that_the_board_failed(
    tmp_path: Path, files: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "failed").write_text("in the way")
    connect(monkeypatch, breaks_in=1)
    asked = ("validate", files / "program.npz", "--input", files / "labelled.npz", "-q")
    done = shell(*asked, "--board", REAL, "-o", tmp_path / "v")
    assert done.code == 4 and "could not be kept" in done.err and "HARDWARE_FAULT" in done.err


def test_a_partial_recording_is_not_read_from_a_recording(tmp_path: Path, program: Program):
    with boards.open_board("sim:nominal") as board:
        path = run(program, board, STIMULUS.select(np.arange(1))).save(tmp_path / "whole.npz")
    with pytest.raises(FileError) as caught:
        PartialRecording.load(path)
    assert caught.value.code == "FILE_WRONG_KIND"


def test_a_board_behind_a_driver_is_asked_first_because_it_cannot_be_read_back(
    tmp_path: Path, files: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    STIMULUS.select(np.arange(1)).save(tmp_path / "in.npz")
    arguments = ("run", files / "program.npz", "--input", tmp_path / "in.npz")
    board = ("--board", "dynapse2:sim:nominal")
    assert shell(*arguments, *board, "--json").json.keys() == {"verify", "recording"}
    assert shell(*arguments, *board, "--json", "--verify=none").json.keys() == {"recording"}
    assert shell(*arguments, "--json").json.keys() == {"recording"}, "simulated here"
    ignoring = over_samna(ignored_applies=1000)
    monkeypatch.setattr(boards, "open_board", lambda name, chip: ignoring)
    done = shell(*arguments, *board, "-o", tmp_path / "out.npz")
    assert done.code == 1 and "verify FAILED" in done.out and "--verify=none" in done.err
    assert not (tmp_path / "out.npz").exists()


def test_a_program_that_is_silent_when_asked_is_not_certified_and_runs_if_told_to(
    tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    weak = wires(INPUT, "weak", "ampa", np.full((2, 3), LIVELY / 1000))
    compile(network(2, [population("weak", 3)], weak)).save(tmp_path / "weak.npz")
    STIMULUS.select(np.arange(1)).save(tmp_path / "in.npz")
    monkeypatch.setattr(boards, "open_board", lambda name, chip: over_samna(ignored_applies=1000))
    arguments = ("run", tmp_path / "weak.npz", "--input", tmp_path / "in.npz")
    done = shell(*arguments)
    assert done.code == 2 and "SILENT_ANSWER" in done.err and "--verify=none" in done.err
    assert "passed" not in done.out
    assert shell(*arguments, "--verify=none").code == 0
    done = shell(*arguments, "--verify=full")
    assert done.code == 1 and "probe FAILED" in done.out and "silence" in done.out
    monkeypatch.setattr(boards, "open_board", lambda name, chip: over_samna())
    done = shell(*arguments, "--verify=full", "--json")
    assert done.code == 0 and done.json.keys() == {"probe", "recording"}


def test_compile_notes_that_no_board_can_be_verified_by_the_program(tmp_path: Path, shell: Shell):
    network(2, [population("alone", 3)]).save(tmp_path / "alone.npz")
    done = shell("compile", tmp_path / "alone.npz", "--dry-run")
    assert done.code == 0 and "note: no neuron fires" in done.out
