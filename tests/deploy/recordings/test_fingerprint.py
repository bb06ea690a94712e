"""Board or code: each change is put down to what changed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import Program, compile, run, shipped_network
from analoop.deploy.recordings import fingerprint as asking
from analoop.deploy.recordings.fingerprint import fingerprint, question
from analoop.deploy.recordings.fingerprint_history import read_charts
from analoop.hw.board import Board, open_board
from analoop.models import FileError, Recording, Stimulus
from analoop.models.errors import BoardError, HardwareError, InputError
from analoop.models.partial_recording import PartialRecording

from ..command import Shell
from ..measured import REAL, connect
from ..networks import ring

NOISY = "sim:seed=3,noise=1"


@pytest.fixture(scope="module")
def shipped() -> Program:
    return compile(shipped_network())


@pytest.fixture(autouse=True)
def compiled_once(shipped: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "compile", lambda network: shipped)


def ask(board: str, folder: Path, day: int = 1, **options):
    return fingerprint(board, folder, f"2026-01-{day:02d}T00:00:00+00:00", 8, **options)


def test_the_question_is_the_known_one_asked_some_times_from_rest(shipped: Program):
    with open_board("sim:nominal") as board:
        came = run(shipped, board, question(shipped, 3))
    for k in range(3):
        mine = came.trial == k
        assert came.time_us[mine].tolist() == shipped.known_answer.time_us.tolist()
        assert came.neuron[mine].tolist() == shipped.known_answer.neuron.tolist()


def test_the_same_board_on_another_day_is_unchanged(tmp_path: Path):
    first = ask(NOISY, tmp_path)
    assert first.point.board_changed is None and first.point.reference == 0
    assert "REFERENCE" in first.sentence
    for day in (2, 3):
        found = ask(NOISY, tmp_path, day)
        assert (found.point.board_changed, found.point.code_changed) == (False, False)
        assert found.point.recording != first.point.recording, "other noise on another day"
        assert found.sentence == "the board is unchanged, the code is unchanged"
    (chart,) = read_charts(tmp_path).values()
    assert [p.number for p in chart] == [0, 1, 2] and {p.reference for p in chart} == {0}
    for point in chart:
        (path,) = tmp_path.glob(f"boards/*/{point.number:06d}.npz")
        assert Recording.load(path).hash == point.recording


@pytest.mark.parametrize(
    "now", ["sim:seed=3,noise=1,temperature_C=25", "sim:seed=3,noise=100", "sim:seed=3,loss=0.1"]
)
def test_the_same_chips_under_other_conditions_are_a_changed_board(tmp_path: Path, now: str):
    ask(NOISY, tmp_path)
    found = ask(now, tmp_path)
    assert (found.point.board_changed, found.point.code_changed) == (True, False)
    assert "the BOARD CHANGED, the code is unchanged" in found.sentence


def test_every_board_has_a_chart_of_its_own(tmp_path: Path):
    ask(NOISY, tmp_path)
    other = ask("sim:seed=4", tmp_path)
    assert other.replaced is None and other.point.reference == other.point.number == 0
    assert len(read_charts(tmp_path)) == 2


@pytest.mark.parametrize("what", ["program", "versions"])
def test_another_program_or_other_versions_are_changed_code_and_the_board_is_still_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
):
    ask(NOISY, tmp_path)
    if what == "program":
        other = compile(ring(4, n_inputs=2))
        monkeypatch.setattr(asking, "compile", lambda network: other)
        told = "compiles to program"
    else:
        monkeypatch.setattr(asking, "versions", lambda: {"numpy": "9.9"})
        told = "numpy is 9.9, it was"
    found = ask(NOISY, tmp_path)
    assert found.point.code_changed and found.point.board_changed is False
    assert any(told in line for line in found.code)


def test_a_nominal_answer_that_is_another_is_code_and_no_simulated_board_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ask(NOISY, tmp_path)
    original = asking.answers

    def other(board: str, program: Program, repeats: int) -> Recording:
        came = original(board, program, repeats)
        late = np.arange(len(came.time_us)) == 40
        return replace(came, time_us=came.time_us + late)

    monkeypatch.setattr(asking, "answers", other)
    found = ask("sim:seed=3,noise=1,temperature_C=25", tmp_path)
    assert found.point.code_changed and found.point.board_changed is None
    assert any("sim:nominal answers otherwise" in line for line in found.code)
    assert "not judged" in found.sentence
    renewed = ask("sim:seed=4", tmp_path, renew=True)
    assert not renewed.point.code_changed
    again = ask(NOISY, tmp_path)
    assert again.point.reference == 0 and again.point.code_changed, "it keeps its own reference"


def test_a_renewal_leaves_the_references_of_other_boards_and_their_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Program
):
    other = compile(ring(4, n_inputs=2))
    ask(NOISY, tmp_path)
    ask("sim:seed=4", tmp_path)
    monkeypatch.setattr(asking, "compile", lambda network: other)
    renewed = ask("sim:seed=4", tmp_path, renew=True)
    assert renewed.provenance["program"] == other.hash and renewed.replaced == 0
    assert "new REFERENCE" in renewed.sentence and "fingerprint 0 is none" in renewed.sentence
    assert not ask("sim:seed=4", tmp_path).point.code_changed
    kept = ask(NOISY, tmp_path)
    assert kept.point.reference == 0 and kept.provenance["program"] == shipped.hash
    assert kept.point.code_changed and kept.point.board_changed is False


@pytest.mark.parametrize("fails", ["to open", "to play"])
def test_a_board_that_cannot_be_asked_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
):
    folder = tmp_path / "history"
    ask(NOISY, folder)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    monkeypatch.setattr(asking, "compile", lambda network: compile(ring(4, n_inputs=2)))
    name, fresh = "sim:seed=3,sneed=1", tmp_path / "fresh"
    if fails == "to play":
        name = NOISY

        def broken(program: Program, board: Board, stimulus: Stimulus) -> Recording:
            if stimulus.n_trials == 1:  # the nominal board works
                return run(program, board, stimulus)
            raise HardwareError("it fell silent", code="HARDWARE_FAULT")

        monkeypatch.setattr(asking, "run", broken)
    for place in (folder, fresh):
        with pytest.raises(BoardError):
            ask(name, place, renew=True)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert not list(fresh.rglob("*.npz")), "no program and no answer that nobody gave"
    assert fails == "to play" or not fresh.exists()


def test_a_finer_simulation_is_other_code(tmp_path: Path):
    ask("sim:seed=3", tmp_path)
    found = ask("sim:seed=3,step_us=500", tmp_path)
    assert any("step_us of the board is 500, it was 1000" in line for line in found.code)


def test_a_new_reference_makes_what_changed_the_rule(tmp_path: Path):
    warm = "sim:seed=3,noise=1,temperature_C=25"
    ask(NOISY, tmp_path)
    ask(warm, tmp_path)
    renewed = ask(warm, tmp_path, renew=True)
    assert renewed.point.reference == renewed.point.number == 2
    assert ask(warm, tmp_path).point.board_changed is False
    assert ask(NOISY, tmp_path).point.board_changed is True


def test_too_few_trials_never_become_a_reference_and_a_damaged_chart_is_named(tmp_path: Path):
    for renew in (False, True):
        with pytest.raises(InputError, match="play 8 or more") as caught:
            fingerprint(NOISY, tmp_path / "new", "2026-01-01", 7, renew)
        assert caught.value.code == "FEW_TRIALS" and not (tmp_path / "new").exists()
    ask(NOISY, tmp_path)
    (chart,) = tmp_path.glob("boards/*/chart.jsonl")
    chart.write_text("[1]\n")
    with pytest.raises(FileError, match="chart.jsonl"):
        ask(NOISY, tmp_path)


def test_the_command_line_says_which_and_the_exit_code_that_something_changed(
    shell: Shell, tmp_path: Path
):
    asked = ("--history", tmp_path / "h", "--trials", 8)
    first = shell("fingerprint", "sim:seed=3", *asked)
    assert first.code == 0 and "sim:seed=3 (SIMULATED): kept as the REFERENCE" in first.out
    again = shell("fingerprint", "sim:seed=3", *asked)
    assert again.code == 0 and "the board is unchanged" in again.out
    warm = shell("fingerprint", "sim:seed=3,temperature_C=30", *asked, "--json")
    assert warm.code == 1 and json.loads(warm.out)["point"]["board_changed"]


def test_what_a_board_answered_before_it_failed_is_kept_and_is_on_no_chart(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    connect(monkeypatch, breaks_in=1)
    asked = ("fingerprint", REAL, "--history", tmp_path / "h", "--trials", 8)
    done = shell(*asked)
    file = tmp_path / "h" / "failed" / "dynapse2_7.1.npz"
    assert done.code == 4 and f"kept what came in {file}" in done.err
    assert PartialRecording.load(file).content.n_trials == 2
    assert read_charts(tmp_path / "h") == {}
    connect(monkeypatch)
    assert shell(*asked).code == 0 and file.exists()
