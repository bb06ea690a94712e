"""A session: what it leaves behind, and how it goes on."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy import run
from analoop.deploy.recordings import session
from analoop.deploy.recordings.plan import Plan
from analoop.deploy.recordings.recording_set import RecordingSet, UnfinishedSet, load_set
from analoop.deploy.recordings.session import record
from analoop.deploy.resumable import WorkFolder
from analoop.hw import board as boards
from analoop.hw.board import BoardIdentity, Trial, open_board
from analoop.hw.configuration import Configuration
from analoop.hw.events import Events
from analoop.hw.snapshot import silicon
from analoop.models import FileError, Stimulus
from analoop.models.errors import BoardError, HardwareError, InputError
from analoop.models.partial_recording import PartialRecording

from .sessions import PLAN, STIMULUS, contents, program, recorded


def stop_after(plays: int):
    """A `tell` that is Ctrl-C when so many plays are done."""

    def tell(done: int, planned: int, what: str) -> None:
        if done == plays:
            raise KeyboardInterrupt

    return tell


def test_a_take_is_what_the_board_of_its_repeat_does_by_itself(tmp_path: Path):
    found = recorded(tmp_path / "s")
    assert [t.board for t in found.takes] == [p.board for p in PLAN.plays()]
    for take in found.takes:
        name = take.recording.board["name"]  # opens the board with this repeat's noise
        with open_board(name) as board:
            alone = run(program(), board, STIMULUS)
        assert alone.time_us.tolist() == take.recording.time_us.tolist()
        assert alone.neuron.tolist() == take.recording.neuron.tolist()
        assert alone.board == take.recording.board
        assert "time" not in take.recording.provenance


def test_repeats_of_a_board_have_other_noise_on_the_same_silicon(tmp_path: Path):
    found = recorded(tmp_path / "s")
    for board, differ in zip(PLAN.boards, (True, True, False), strict=True):
        one, two = (take.recording for take in found.of(board))
        assert (one.time_us.tolist() != two.time_us.tolist()) == differ
        assert (one.board["noise_seed"] != two.board["noise_seed"]) == differ
        assert silicon(one.board) == silicon(two.board)


@pytest.mark.parametrize("plays", [0, 1, 4])
def test_ctrl_c_keeps_what_is_finished_and_going_on_gives_the_same_bytes(
    tmp_path: Path, plays: int
):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    recorded(whole)
    if plays:
        stopped = record(program(), PLAN, STIMULUS, cut, stop_after(plays))
        assert isinstance(stopped, UnfinishedSet)
        assert (len(stopped.takes), stopped.planned) == (plays, 6)
        assert stopped.cause == f"interrupted: {plays} of 6 plays are finished"
        assert isinstance(load_set(cut), UnfinishedSet)
    done: list[int] = []
    record(program(), PLAN, STIMULUS, cut, lambda now, planned, what: done.append(now))
    assert done == list(range(plays + 1, 7)), "nothing is played twice"
    assert contents(cut) == contents(whole)


def test_recording_a_finished_set_again_plays_nothing_and_changes_nothing(tmp_path: Path):
    first = recorded(tmp_path)
    before = contents(tmp_path)
    told: list[str] = []
    again = record(program(), PLAN, STIMULUS, tmp_path, lambda *args: told.append(args[2]))
    assert isinstance(again, RecordingSet) and again.hash == first.hash
    assert told == [] and contents(tmp_path) == before


@pytest.mark.parametrize(
    "plan",
    [
        Plan(PLAN.boards, 2, 5),
        Plan(PLAN.boards, 3, 4),
        Plan(PLAN.boards[:2], 2, 4),
    ],
)
def test_other_arguments_in_the_folder_are_refused(tmp_path: Path, plan: Plan):
    record(program(), PLAN, STIMULUS, tmp_path, stop_after(1))
    before = contents(tmp_path)
    with pytest.raises(InputError, match="another set") as caught:
        record(program(), plan, STIMULUS, tmp_path)
    assert caught.value.code == "OTHER_SET" and contents(tmp_path) == before


def test_another_stimulus_or_other_versions_are_refused(tmp_path: Path, monkeypatch):
    record(program(), PLAN, STIMULUS, tmp_path, stop_after(1))
    for stimulus, version, differs in (
        (STIMULUS.select(np.arange(2)), {}, "stimulus"),
        (STIMULUS, {"numpy": "0"}, "versions"),
    ):
        if version:
            monkeypatch.setattr(session, "versions", lambda version=version: version)
        with pytest.raises(InputError, match=f"differ in {differs}") as caught:
            record(program(), PLAN, stimulus, tmp_path)
        assert caught.value.code == "OTHER_SET"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "program.npz").write_bytes(b"precious")
    with pytest.raises(InputError, match="program.npz") as caught:
        record(program(), PLAN, STIMULUS, tmp_path)
    assert caught.value.code == "OTHER_SET"
    assert contents(tmp_path) == {"program.npz": b"precious"}


def test_two_processes_do_not_record_into_one_folder(tmp_path: Path):
    record(program(), PLAN, STIMULUS, tmp_path, stop_after(1))
    asked = json.loads((tmp_path / "set.json").read_text())
    with WorkFolder(tmp_path, "set", asked), pytest.raises(InputError) as caught:
        record(program(), PLAN, STIMULUS, tmp_path)
    assert caught.value.code == "SET_HELD"
    assert isinstance(record(program(), PLAN, STIMULUS, tmp_path), RecordingSet)


def test_a_board_that_cannot_be_had_is_an_error_before_anything_is_made(tmp_path: Path):
    plan = Plan(("sim", "sim:snapshot=missing.npz"))
    with pytest.raises(FileError):
        record(program(), plan, STIMULUS, tmp_path / "s")
    with pytest.raises(InputError) as caught:
        record(program(), Plan(("sim",)), Stimulus(3, *np.zeros((4, 0), int)), tmp_path / "s")
    assert caught.value.code == "INPUT_CHANNELS"
    assert list(tmp_path.iterdir()) == []


class Real:
    """A simulated board that passes for a real one, and what is wrong with it."""

    opened = closed = 0

    def __init__(self, serial: str, fault: str):
        self._board, self._serial, self._fault = open_board("sim"), serial, fault
        Real.opened += 1

    @property
    def identity(self) -> BoardIdentity:
        details = (("serial", self._serial),)
        return BoardIdentity(f"dynapse2:{self._serial}", "measured", "dynapse2", details)

    @property
    def books(self) -> dict[str, int]:
        if self._fault != "miscounts":
            return {}
        names = ("echoed", "early_in", "late_in", "lost_in", "stale", "repeated")
        return dict.fromkeys(names, 0) | {"received": 7}

    def program(self, configuration: Configuration) -> None:
        if self._fault == "is silent":
            raise HardwareError("no answer", code="SILENT")
        self._board.program(configuration)

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        if self._fault != "breaks":
            return self._board.run_trials(trials)
        error = HardwareError("the link is gone", code="LINK_LOST")
        error.received = self._board.run_trials(trials[:2])
        raise error

    def close(self) -> None:
        Real.closed += 1

    def __enter__(self):
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def real(monkeypatch: pytest.MonkeyPatch, serial: str = "007", fault: str = "") -> None:
    """Every name of a real board opens this one."""
    Real.opened = Real.closed = 0

    def opened(name: str, chip):
        return Real(serial, fault) if name.startswith("dynapse2") else open_board(name, chip)

    monkeypatch.setattr(boards, "open_board", opened)


def test_a_board_that_fails_plays_no_more_and_the_others_go_on(tmp_path: Path, monkeypatch):
    plan = Plan(("dynapse2:7", "sim"), 3)
    real(monkeypatch, fault="breaks")
    found = record(program(), plan, STIMULUS, tmp_path)
    assert isinstance(found, UnfinishedSet) and Real.closed == 1
    assert [(t.board, t.repeat) for t in found.takes] == [("sim", k) for k in range(3)]
    (failure,) = found.failures
    assert (failure.board, failure.repeat) == ("dynapse2:7", 0)
    assert "LINK_LOST" in failure.cause and failure.cause in found.cause
    partial = PartialRecording.load(tmp_path / failure.file)
    assert partial.content.n_trials == 2 < STIMULUS.n_trials
    assert partial.content.provenance["asked_board"] == "dynapse2:7"

    real(monkeypatch)
    again = record(program(), plan, STIMULUS, tmp_path)
    assert isinstance(again, RecordingSet) and again.failures == (failure,)
    assert PartialRecording.load(tmp_path / failure.file).cause == partial.cause


@pytest.mark.parametrize(
    ("fault", "codes"),
    [("breaks", ["HARDWARE_FAULT"]), ("is silent", ["SILENT"]), ("miscounts", [])],
)
def test_plays_that_a_board_lost_by_failing_are_told_from_books_that_do_not_balance(
    tmp_path: Path, monkeypatch, fault: str, codes: list[str]
):
    real(monkeypatch, fault=fault)
    told: list[str] = []
    plan = Plan(("dynapse2:7",), 2)
    record(program(), plan, STIMULUS, tmp_path, failed=lambda error: told.append(error.code))
    assert told == codes


def test_books_that_do_not_balance_are_kept_as_a_partial_recording(tmp_path: Path, monkeypatch):
    real(monkeypatch, fault="miscounts")
    found = record(program(), Plan(("dynapse2:7",), 2), STIMULUS, tmp_path)
    assert isinstance(found, UnfinishedSet) and found.takes == ()
    assert [f.repeat for f in found.failures] == [0, 1], "the board itself still works"
    assert "do not balance" in found.cause
    assert PartialRecording.load(tmp_path / found.failures[1].file).content.n_trials == 3


def test_a_simulated_board_behind_the_driver_is_opened_with_the_noise_of_the_repeat(
    tmp_path: Path, monkeypatch
):
    names = []

    def opened(name: str, chip):
        names.append(name)
        return open_board(name.removeprefix("dynapse2:"), chip)

    monkeypatch.setattr(boards, "open_board", opened)
    recorded(tmp_path, Plan(("dynapse2:sim:seed=1,noise=50.0",), 2))
    assert names == [f"dynapse2:sim:seed=1,noise=50.0{more}" for more in ("", ",noise_seed=1")]


def test_a_real_board_is_opened_once_closed_always_and_its_recordings_say_when(
    tmp_path: Path, monkeypatch
):
    real(monkeypatch, "007")
    found = recorded(tmp_path, Plan(("dynapse2:any", "sim"), 2))
    assert (Real.opened, Real.closed) == (1, 1)
    assert all(t.recording.provenance["time"] for t in found.of("dynapse2:any"))
    assert all("time" not in t.recording.provenance for t in found.of("sim"))


def test_another_board_that_answers_to_a_name_does_not_get_into_the_set(
    tmp_path: Path, monkeypatch
):
    plan = Plan(("dynapse2:any",), 2)
    real(monkeypatch, "007")
    record(program(), plan, STIMULUS, tmp_path, stop_after(1))
    real(monkeypatch, "008")
    with pytest.raises(InputError, match="007") as caught:
        record(program(), plan, STIMULUS, tmp_path)
    assert caught.value.code == "OTHER_BOARD" and Real.closed == 1
    real(monkeypatch, "007")
    assert isinstance(record(program(), plan, STIMULUS, tmp_path), RecordingSet)


def test_a_board_that_fails_before_its_first_trial_leaves_that_in_the_set(
    tmp_path: Path, monkeypatch
):
    real(monkeypatch, fault="is silent")
    found = record(program(), Plan(("dynapse2:7", "sim")), STIMULUS, tmp_path)
    assert isinstance(found, UnfinishedSet) and len(found.takes) == 1
    partial = PartialRecording.load(tmp_path / found.failures[0].file)
    assert "SILENT" in partial.cause and partial.content.n_trials == 0
    assert partial.content.board["target"] == "measured" and Real.closed == 1


def test_a_board_that_is_not_there_is_no_unfinished_set(tmp_path: Path, monkeypatch):
    def gone(name: str, chip):
        raise BoardError("nothing is connected", code="NO_BOARD")

    monkeypatch.setattr(boards, "open_board", gone)
    with pytest.raises(BoardError):
        record(program(), Plan(("dynapse2:7",)), STIMULUS, tmp_path / "s")
    assert not (tmp_path / "s").exists()
