"""The command line as a program: its version, strict JSON, and what the system refuses."""

import errno
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from analoop.deploy import console
from analoop.deploy.demonstration import write_json

from .command import Shell

ANALOOP = (sys.executable, "-m", "analoop.deploy")


def test_it_says_which_version_it_is(shell: Shell):
    done = shell("--version")
    assert (done.code, done.out, done.err) == (0, f"analoop {version('analoop')}\n", "")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_have_is_never_written(tmp_path: Path, value: float):
    with pytest.raises(ValueError, match="JSON compliant"):
        console.print_json({"deep": [value]})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "x.json", {"deep": [value]})
    assert list(tmp_path.iterdir()) == []


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/far/away")


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_what_the_system_refuses_is_one_line_and_bad_input(
    shell: Shell, files: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
):
    monkeypatch.setattr("analoop.deploy.inspection.inspect", full_disk)
    done = shell("inspect", files / "program.npz", *more)
    assert (done.code, done.out) == (2, "")
    told = json.loads(done.err)["error"] if more else {"code": "SYSTEM", "message": done.err}
    assert told["code"] == "SYSTEM" and "No space left on device: '/far/away'" in told["message"]
    assert more or (len(done.err.splitlines()) == 1 and done.err.endswith("(SYSTEM)\n"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_results_that_find_no_space_are_an_error():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*ANALOOP, "inspect", "mismatch"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: the system refused ([Errno 28] ") and line.endswith("(SYSTEM)")


def test_nobody_reading_on_is_no_error_to_speak_of():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = subprocess.run(
            [*ANALOOP, "inspect", "mismatch"], stdout=nobody, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (1, "")
