"""`train` and `robustness` killed by kill -9 and asked again: what they make is what it was."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analoop.deploy import learning

from .command import Shell

DEADLINE_S = 60.0
_IMPATIENT = """
from functools import partial
from analoop.deploy import bookmarks, learning
from analoop.deploy.cli import main
bookmarks.Bookmark = partial(bookmarks.Bookmark, every_s=0.0)
learning.TESTED = 4
main()
"""
"""The command line, with a bookmark behind every update."""
LONG = [word for setting in ("neurons=8", "updates=80", "batch=2") for word in ("--set", setting)]
"""Seconds of training: a kill comes long before its end."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "TESTED", 4)


def kill(asked: tuple[object, ...], there: Callable[[], bool]) -> None:
    """Ask in a process of its own, which is killed by the signal that nothing can catch."""
    child = subprocess.Popen([sys.executable, "-c", _IMPATIENT, *map(str, asked), "-q"])
    try:
        started = time.monotonic()
        while not there():
            assert child.poll() is None, "it ended by itself"
            assert time.monotonic() < started + DEADLINE_S
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
    assert child.wait() == -signal.SIGKILL


def test_a_training_makes_the_same_network_however_it_was_killed(shell: Shell, tmp_path: Path):
    asked = ("train", "temporal-xor", "--method", "bptt", *LONG, "-o")
    (tmp_path / "killed").mkdir()
    whole, out = tmp_path / "whole.npz", tmp_path / "killed" / "net.npz"
    assert shell(*asked, whole).code == 0
    mark = out.with_name("net.npz.part")
    kill((*asked, out), mark.exists)
    assert mark.exists() and not out.exists()
    assert shell(*asked, out).code == 0
    assert out.read_bytes() == whole.read_bytes()
    assert list(out.parent.iterdir()) == [out], "nothing half-written is left"


def contents(folder: Path) -> dict[str, object]:
    """Of every file; lines of tables sorted, since rows stand as they were finished."""
    files = (f for f in folder.rglob("*") if f.is_file() and f.name != ".lock")
    return {
        f.relative_to(folder).as_posix(): sorted(f.read_text().splitlines())
        if f.suffix == ".csv"
        else f.read_bytes()
        for f in files
    }


def test_a_study_makes_the_same_files_however_it_was_killed(shell: Shell, tmp_path: Path):
    """Once while a network is trained, once between two rows."""
    asked = ("robustness", "temporal-xor", "--method", "bptt", *LONG, "--networks", 1, "--draws", 3,
             "--samples", 200, "--cells", "mismatch", "-o")  # fmt: skip
    whole, out = tmp_path / "whole" / "study", tmp_path / "killed" / "study"
    for folder in (whole, out):
        folder.parent.mkdir()
    assert shell(*asked, whole).code == 0
    made, table = contents(whole), out / "rows.csv"
    kill((*asked, out), (out / "networks" / "bptt-0.npz.part").exists)
    assert not (out / "networks" / "bptt-0.npz").exists()
    kill((*asked, out), lambda: table.exists() and table.read_text().count("\n") > 2)
    kept = table.read_text().splitlines()
    assert 2 < len(kept) < 1 + 13 and (out / "networks" / "bptt-0.npz").exists()
    assert shell(*asked, out).code == 0
    assert contents(out) == made
    assert table.read_text().splitlines()[: len(kept) - 1] == kept[:-1], "they are not made anew"
