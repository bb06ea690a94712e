"""The process that drives a board, from this side of it: it may hang, die or be killed, and this
process goes on with what came before."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from analoop.hw import Trial, open_board, samna_process
from analoop.hw.lease import acquire
from analoop.hw.samna_board import SamnaBoard, Settings
from analoop.hw.samna_faults import Faults
from analoop.hw.samna_link import VIRTUAL_PATIENCE
from analoop.hw.snapshot import silicon
from analoop.models import BoardError
from analoop.models.errors import HardwareError

from ..fake_samna import NATIVE, install_samna, was_imported
from .boards import rows_of
from .lively import DURATION_US, compile_kernels, lively, stimulus

TRIALS = [Trial(stimulus(k), DURATION_US) for k in range(200)]
"""More than any of these boards lives to see."""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_kernels()


def opened(realtime: bool = False, **faults: int) -> SamnaBoard:
    return SamnaBoard("sim:nominal", Settings(None, None, 60.0, realtime, Faults(**faults)))


both_clocks = pytest.mark.parametrize("realtime", [False, True], ids=["fast", "realtime"])


def code_of(error: pytest.ExceptionInfo[BoardError]) -> str:
    return error.value.code


@both_clocks
@pytest.mark.parametrize(
    ("fault", "code"), [("vanishes_us", "LINK_LOST"), ("crashes_us", "WORKER_DIED")]
)
def test_a_board_that_is_lost_in_a_run_leaves_what_came_before(
    fault: str, code: str, realtime: bool
):
    with opened(realtime, **{fault: 6_000_000 if realtime else 1_500_000}) as board:
        board.program(lively())
        with pytest.raises(HardwareError) as caught:
            board.run_trials(TRIALS)
        assert code_of(caught) == code
        *whole, _ = caught.value.received
        assert not board._worker.alive
        assert 1 <= len(whole) < len(TRIALS)
        with open_board("sim:nominal") as simulated:
            simulated.program(lively())
            meant = simulated.run_trials(TRIALS[: len(whole)])
        assert [in_window(e) for e in whole] == [rows_of(e) for e in meant]
        with pytest.raises(BoardError, match="closed"):
            board.settle()


def test_an_interrupted_run_leaves_no_answer_to_a_later_request(monkeypatch: pytest.MonkeyPatch):
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    with opened() as board:
        board.program(lively())
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(samna_process, "receive", interrupted)
            board.run(stimulus(0), DURATION_US)
        with pytest.raises(BoardError) as caught:
            board.run(stimulus(0), DURATION_US)
        assert code_of(caught) == "CLOSED"


def in_window(some) -> list:
    return [row for row in rows_of(some) if row[0] < DURATION_US]


@both_clocks
def test_a_board_that_hangs_is_given_up_and_its_process_ended(realtime: bool):
    settings = Settings(
        None, None, 15.0, realtime, Faults(hangs_us=6_000_000 if realtime else 1_500_000)
    )
    with SamnaBoard("sim:nominal", settings) as board:
        board.program(lively())
        with pytest.raises(HardwareError) as caught:
            board.run_trials(TRIALS)
        assert code_of(caught) == "HUNG" and "15 s" in str(caught.value)
        assert not board._worker.alive


@both_clocks
def test_books_hold_every_word_that_was_sent(realtime: bool):
    with opened(realtime, lost_permille=100) as board:
        board.program(lively())
        board.run_trials(TRIALS[:3])
        books = board.books
        assert books["lost_in"] > 0
        sent = sum(len(trial.events) for trial in TRIALS[:3])
        assert books["echoed"] + books["late_in"] + books["lost_in"] == sent
        assert books["received"] > books["stale"] + books["control"]
        board.program(lively())
        assert not any(board.books[name] for name in ("echoed", "late_in", "lost_in"))


def test_it_says_that_its_chips_are_simulated_and_what_drove_them():
    with opened() as board:
        record = json.loads(json.dumps(board.identity.record()))
    assert record["name"] == "dynapse2:sim:nominal" and record["target"] == "simulated"
    assert record["virtual_samna"] is True
    assert {"serial", "samna", "bit_file", "bit_file_sha256", "firmware", "driver"} < record.keys()


def test_it_says_which_chips_a_rehearsal_has_as_their_own_board_does():
    name = "sim:seed=7,level=0.5,defects=1"
    with SamnaBoard(name) as board, open_board(name) as simulated:
        own = dict(simulated.identity.details)
        assert own.items() <= board.identity.record().items() and own["seed"] == 7
        assert silicon(board.identity.record()) == silicon(simulated.identity.record())


def test_a_board_that_does_not_exist_is_refused_before_any_process_starts():
    with pytest.raises(BoardError) as caught:
        open_board("dynapse2:sim:seed=x")
    assert code_of(caught) == "UNKNOWN_BOARD"
    with pytest.raises(BoardError) as caught:
        open_board("dynapse2:")
    assert code_of(caught) == "UNKNOWN_BOARD"


@pytest.mark.parametrize(("files", "code"), [((), "SAMNA_STUB"), (None, "NO_SAMNA")])
def test_without_the_vendors_samna_nothing_of_that_name_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files, code: str
):
    if files is not None:
        install_samna(tmp_path, monkeypatch, *files)
    with pytest.raises(BoardError) as caught:
        open_board("dynapse2:any")
    assert code_of(caught) == code and "pip" in str(caught.value)
    assert not was_imported(tmp_path)


REAL = """
from analoop.hw.samna_faults import Faults
from analoop.hw.virtual_samna import Shelf, modules_of
from analoop.hw.virtual_board import parse_board
import dataclasses, sys
shelf = Shelf([parse_board("sim:nominal")] * 2, 4, False, Faults())
shelf._infos = [dataclasses.replace(info, serial_number=s, logic_version=42)
                for info, s in zip(shelf._infos, ("00123", "00124"))]
sys.modules.update(modules_of(shelf))
"""
"""A package that stands for the vendor's: it has a compiled file, and two boards."""


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a samna that is no stub, and a bit file."""
    install_samna(tmp_path, monkeypatch, NATIVE)
    (tmp_path / "samna" / "__init__.py").write_text(REAL)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    bit = tmp_path / "Dynapse2Stack.bit"
    bit.write_bytes(bytes.fromhex("00090ff0") + b"\0" * 64)
    monkeypatch.setenv("ANALOOP_BIT_FILE", str(bit))
    return tmp_path


QUICK = Settings(patience=replace(VIRTUAL_PATIENCE))


def test_a_board_of_the_vendors_samna_is_leased_recorded_and_runs(vendor: Path):
    with SamnaBoard("00124", QUICK) as board:
        record = board.identity.record()
        assert record["name"] == "dynapse2:00124" and record["target"] == "measured"
        assert record["firmware"] == "42" and len(record["bit_file_sha256"]) == 64
        board.program(lively())
        assert len(board.run(stimulus(0), DURATION_US)) > 10
        with pytest.raises(BoardError) as caught:
            SamnaBoard("00124", QUICK)
        assert code_of(caught) == "BOARD_HELD" and str(os.getpid()) in str(caught.value)
        with SamnaBoard("any", QUICK) as other:
            assert other.identity.name == "dynapse2:00123", "the other one is held"
    acquire("00124").release()
    assert "samna" not in sys.modules


def test_an_unknown_serial_says_which_boards_there_are(vendor: Path):
    with pytest.raises(BoardError) as caught:
        SamnaBoard("00999", QUICK)
    assert code_of(caught) == "NO_BOARD" and "00123, 00124" in str(caught.value)


def test_a_bit_file_of_another_board_is_refused(vendor: Path, monkeypatch: pytest.MonkeyPatch):
    wrong = vendor / "Dynapse2DacTestboard.bit"
    wrong.write_bytes(bytes.fromhex("00090ff0") + b"\0" * 64)
    monkeypatch.setenv("ANALOOP_BIT_FILE", str(wrong))
    with pytest.raises(BoardError) as caught:
        SamnaBoard("00123", QUICK)
    assert code_of(caught) == "WRONG_BIT_FILE"
    acquire("00123").release()


OWNER = """
import sys, time
from analoop.hw.samna_board import SamnaBoard
board = SamnaBoard("sim:nominal")
print(board._worker._process.pid, flush=True)
time.sleep(600)
"""


def test_a_worker_does_not_outlive_the_process_that_started_it():
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    if owner.stdout is None:
        raise AssertionError("no pipe")
    with owner.stdout:
        worker = int(owner.stdout.readline())
    os.kill(worker, 0)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    for _ in range(200):
        if not Path(f"/proc/{worker}").exists() or "Z" in _state(worker):
            return
        time.sleep(0.1)
    raise AssertionError("the worker is still there")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"
