"""Ctrl-C: what is finished is kept, nothing is half-written, the exit code says so."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .command import Shell

# A child of a shell's background job inherits a SIGINT that is ignored: give it Python's own.
_AS_ON_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from analoop.deploy.cli import main
main()
"""


@contextmanager
def validating(files: Path, *options: object) -> Iterator[subprocess.Popen[str]]:
    """A validation of more chips than anyone waits for."""
    arguments = ["validate", files / "program.npz", "--chips", 100_000, *options]
    arguments += ["--input", files / "labelled.npz"]
    child = subprocess.Popen(
        [sys.executable, "-c", _AS_ON_A_TERMINAL, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def interrupt_after_rows(child: subprocess.Popen[str], rows: int) -> tuple[str, str]:
    """Send Ctrl-C once so many rows were reported; returns stdout and all of stderr."""
    assert child.stderr is not None
    seen = [child.stderr.readline() for _ in range(rows)]
    child.send_signal(signal.SIGINT)
    out, err = child.communicate()
    return out, "".join(seen) + err


def test_ctrl_c_in_validate_prints_and_writes_the_finished_chips(files: Path, tmp_path: Path):
    with validating(files, "--json", "-o", tmp_path) as child:
        out, err = interrupt_after_rows(child, 7)
        assert child.returncode == 6
    report = json.loads(out)
    assert (report["complete"], report["planned"]) == (False, 100_001)
    names = [row["name"] for row in report["rows"]]
    assert len(names) >= 7
    assert names == ["sim:nominal", *(f"sim:seed={k + 1}" for k in range(len(names) - 1))]
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert err.splitlines()[-1].startswith(f"interrupted: {len(names)} of ")
    assert "Traceback" not in err
    written = {".lock", "junit.xml", "report.html", "report.json", "rows.csv", "summary.md"}
    assert {p.name for p in tmp_path.iterdir()} == written | {"sweep.json"}


def test_ctrl_c_in_validate_prints_the_table_of_finished_chips(files: Path):
    with validating(files) as child:
        out, _ = interrupt_after_rows(child, 2)
        assert child.returncode == 6
    assert out.startswith("All chips are SIMULATED")
    assert "sim:nominal" in out
    assert "sim:seed=1 " in out


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("when", ["before the training", "while writing"])
def test_ctrl_c_elsewhere_says_so_and_leaves_nothing(
    shell: Shell, tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch, when: str
):
    if when == "while writing":
        monkeypatch.setattr("os.fsync", interrupt)
        done = shell("compile", files / "net.npz", "-o", tmp_path / "p.npz")
    else:
        monkeypatch.setattr("analoop.deploy.training.load_task", interrupt)
        done = shell("train", "japanese-vowels", "-o", tmp_path / "net.npz")
    assert (done.code, done.out, done.err) == (6, "", "interrupted\n")
    assert list(tmp_path.iterdir()) == []
