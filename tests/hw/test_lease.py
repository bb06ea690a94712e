"""One process at a time per board, and a crash leaves nothing behind."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analoop.hw import lease
from analoop.hw.lease import Holder, acquire, holder, holders
from analoop.models import BoardError

_HOLD = """
import sys
from analoop.hw.lease import acquire
kept = acquire(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""
SERIALS = ["00123", "sim:seed=5,level=0.5", "../../etc/passwd", "a/b", ".", "..", "", "a b*[x]?",
           "x" * 1000, "grün", "a.b", "a+b", "\ud800"]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Locks of these tests only, for child processes too."""
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    return tmp_path / "locks"


@contextmanager
def holding(serial: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a board."""
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD, serial],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


def test_a_held_board_is_refused_and_the_message_says_by_whom_since_when():
    with holding("00123") as other:
        by = holder("00123")
        with pytest.raises(BoardError) as refused:
            acquire("00123")
    assert by is not None
    assert (by.pid, by.what.split()[-1]) == (other.pid, "00123")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", by.since)
    assert (refused.value.code, refused.value.exit_code) == ("BOARD_HELD", 3)
    assert str(refused.value) == (
        f"board 00123 is held by pid {other.pid} (user {by.user}, since {by.since}, `{by.what}`): "
        "wait for it or end that process"
    )


def test_a_board_whose_process_was_killed_is_free_again_at_once(folder: Path):
    with holding("00123") as other:
        other.kill()
        other.wait()
        assert list(folder.glob("board-00123+*.json"))  # it had no time to tidy up
        assert holder("00123") is None
        assert holders() == {}
        with acquire("00123"):
            by = holder("00123")
            assert by is not None
            assert by.pid == os.getpid()


def test_a_program_that_fails_while_it_holds_a_board_lets_go_of_it(folder: Path):
    with pytest.raises(ZeroDivisionError), acquire("00123"):
        raise ZeroDivisionError
    assert holder("00123") is None
    assert [path.suffix for path in folder.iterdir()] == [".lock"]


def test_two_boards_do_not_disturb_each_other():
    with holding("A") as other, acquire("B"):
        assert {serial: by.pid for serial, by in holders().items()} == {
            "A": other.pid,
            "B": os.getpid(),
        }


def test_a_process_cannot_hold_a_board_twice():
    with acquire("00123"), pytest.raises(BoardError, match=f"held by pid {os.getpid()} "):
        acquire("00123")


def test_a_lease_is_released_once_from_any_thread():
    held = acquire("00123")
    thread = threading.Thread(target=held.release)
    thread.start()
    thread.join()
    assert holder("00123") is None
    with acquire("00123"):
        held.release()
        assert holder("00123") is not None


def test_a_child_of_the_holder_does_not_keep_the_board():
    held = acquire("00123")
    with subprocess.Popen(["sleep", "60"]) as child:
        held.release()
        free = holder("00123") is None
        child.kill()
    assert free


_FORK = """
import os, signal, sys
from analoop.hw.lease import acquire
kept = acquire("00123")
child = os.fork()
if child:
    print(child, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
os.close(1)
signal.pause()
"""


def test_a_fork_of_a_killed_holder_does_not_keep_the_board():
    done = subprocess.run([sys.executable, "-c", _FORK], stdout=subprocess.PIPE, text=True)
    child = int(done.stdout)
    try:
        os.kill(child, 0)
        assert holder("00123") is None
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("serial", SERIALS, ids=ascii)
def test_any_serial_makes_a_lock_inside_the_folder(serial: str, folder: Path, tmp_path: Path):
    with acquire(serial):
        assert holder(serial) is not None
        assert all(path.parent == folder for path in tmp_path.rglob("*") if path.is_file())
        assert len(holders()) == 1
    assert holder(serial) is None
    assert [path.name for path in tmp_path.iterdir()] == ["locks"]


def test_no_two_serials_share_a_lock(folder: Path):
    held = [acquire(serial) for serial in SERIALS]
    assert len(list(folder.glob("*.lock"))) == len(SERIALS)
    assert {by.pid for by in holders().values()} == {os.getpid()}
    for one in held:
        one.release()
    assert holders() == {}


def test_asking_who_holds_a_board_makes_no_file(folder: Path):
    assert holder("00123") is None
    assert holders() == {}
    assert not folder.exists()


def test_asking_does_not_keep_others_from_taking_the_board():
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            holder("00123")

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(20):
        acquire("00123").release()
    stop.set()
    asking.join()


def test_the_folder_is_for_all_users_and_their_files_are_their_own(folder: Path):
    with acquire("00123"):
        modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert modes == {".lock": 0o666, ".json": 0o644}


def test_a_folder_that_is_there_is_left_as_it_is(folder: Path):
    folder.mkdir(mode=0o700)
    acquire("00123").release()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_an_error_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "file" / "locks"))
    with pytest.raises(BoardError, match="ANALOOP_LOCKS") as refused:
        acquire("00123")
    assert refused.value.code == "LOCK_FOLDER"
    assert (holder("00123"), holders()) == (None, {})


def denied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lock files that another user made and did not share."""

    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lease.FileLock, "_acquire", refuse)


def test_a_lock_that_we_may_not_open_is_no_crash(monkeypatch: pytest.MonkeyPatch):
    with holding("00123") as other:
        denied(monkeypatch)
        by = holder("00123")
        assert by is not None
        assert by.pid == other.pid
        with pytest.raises(BoardError, match="chmod 666") as refused:
            acquire("00123")
        assert refused.value.code == "LOCK_FOLDER"
        other.kill()
        other.wait()
        assert holder("00123") is None


@pytest.mark.parametrize("said", ["", "{}", "[]", '{"pid": "x"}', None])
def test_a_holder_that_says_nothing_of_use_still_holds(said: str | None, folder: Path):
    with holding("00123"):
        (path,) = folder.glob("board-00123+*.json")
        path.unlink() if said is None else path.write_text(said)
        assert holder("00123") == Holder(0, "unknown", "unknown", "unknown")
        with pytest.raises(BoardError, match="held by a process that left no name: wait"):
            acquire("00123")


def test_of_several_who_say_so_the_newest_living_one_is_believed(folder: Path):
    with holding("00123") as other:
        for name, pid, since in (("7", other.pid, "2020"), ("8", 2**30, "2999")):
            said = {"pid": pid, "user": "x", "since": since, "what": "y"}
            (folder / f"board-00123+{name}.json").write_text(json.dumps(said))
        by = holder("00123")
        assert by is not None
        assert (by.pid, by.since[:2]) == (other.pid, "20")
        assert by.user != "x"


def test_a_long_command_line_is_shortened(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/analoop", "run", "my program.npz", "x" * 100])
    with acquire("00123"):
        by = holder("00123")
    assert by is not None
    assert by.what.startswith("analoop run 'my program.npz' xxx")
    assert len(by.what) == 80


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch):
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(lease.getpass, "getuser", nameless)
    with acquire("00123"):
        by = holder("00123")
    assert by is not None
    assert by.user == str(os.getuid())
