"""`analoop samna run`: scripts of others, as Python would run them."""

import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analoop.deploy", "samna", "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("VALUE = 3\n")
    path = tmp_path / "script.py"
    path.write_text(
        "import sys\n"
        "import samna\n"
        "from beside import VALUE\n"
        "from samna.dynapse2 import NormalGridEvent\n"
        "info = samna.device.get_unopened_devices()[0]\n"
        "board = samna.device.open_device(info)\n"
        "print(info.serial_number, board.get_number_of_chips(), sys.argv[1:], __name__, VALUE)\n"
        "sys.exit(7)\n"
    )
    return path


def test_a_script_runs_unmodified_with_its_arguments_and_its_exit_code(script: Path):
    done = run("--chips", "2", "--seed", "5", script, "a", "--b")
    assert done.stdout == "sim:seed=5 2 ['a', '--b'] __main__ 3\n", done.stderr
    assert done.returncode == 7
    assert "SIMULATED: sim:seed=5" in done.stderr


def test_a_script_that_fails_is_shown_where_it_failed(tmp_path: Path):
    path = tmp_path / "wrong.py"
    path.write_text("import samna\n\n\nsamna.dynapse2.NormalGridEvent().event.tag = 0.5\n")
    done = run(path)
    assert done.returncode == 1
    assert 'wrong.py", line 4' in done.stderr
    assert done.stderr.rstrip().endswith("takes a whole number, not float")
    assert "runpy" not in done.stderr and "typer" not in done.stderr


def test_a_missing_script_and_two_names_of_a_board_are_refused(script: Path):
    assert run("nothing.py").returncode == 2
    both = run("--seed", "5", "--board", "sim", script)
    assert both.returncode == 2 and "BOARD_TWICE" in both.stderr
