"""The pytest plugin as a user has it: in a project of its own, by the installed entry point."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from analoop.deploy import compile

from .networks import ring, spike_trains

TESTS = """
import pytest
from analoop.deploy import Promise, Sweep, validate
from analoop.models import Stimulus

pytestmark = pytest.mark.program("net.npz")

def test_population(program, fleet):
    report = validate(program, Stimulus.load("in.npz"), fleet(), how=Sweep(Promise(0.0, share=0.5)))
    assert report.verdict.outcome == "pass"

def test_chips(virtual_chip, fleet):
    assert virtual_chip.name == "sim:seed=5"
    assert [b.name for b in fleet(2, "noise=1")] == ["sim:seed=5,noise=1.0", "sim:seed=6,noise=1.0"]

def test_board(board, program):
    board.program(program.configuration)

@pytest.mark.hil(needs="serial")
def test_silicon(board):
    raise AssertionError

@pytest.mark.hil(needs="serial=7")
def test_without_fixture():
    raise AssertionError

@pytest.mark.chip_only
def test_chip():
    raise AssertionError

@pytest.mark.sim_only
def test_simulation(board):
    assert board.identity.target == "simulated"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    compile(ring(3)).save(tmp_path / "net.npz")
    spike_trains(1, trials=4, seed=3, rate_hz=300.0).save(tmp_path / "in.npz")
    (tmp_path / "test_mine.py").write_text(TESTS)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\naddopts = '--strict-markers'"
    )
    return tmp_path


def run_pytest(project: Path, *options: str) -> dict[str, str]:
    """Outcome of every test, from the JUnit file."""
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
         "--junitxml=out.xml", "--chips=16", "--chips-seed=5", *options],
        cwd=project, capture_output=True, text=True,
    )  # fmt: skip
    found = {}
    for case in ElementTree.parse(project / "out.xml").iter("testcase"):
        kinds = {child.tag: child.get("message", "") for child in case}
        tag = next((t for t in ("failure", "error", "skipped") if t in kinds), "passed")
        found[case.get("name") or ""] = f"{tag} {kinds.get(tag, '')}".strip()
    return found


def test_on_a_simulated_board_what_needs_silicon_is_skipped_with_the_reason(project: Path):
    found = run_pytest(project)
    good = ("test_population", "test_chips", "test_board", "test_simulation")
    assert {name: found[name] for name in good} == dict.fromkeys(good, "passed")
    for name in ("test_silicon", "test_chip"):
        assert found[name] == "skipped needs a real board, --board is sim:nominal"
    root = ElementTree.parse(project / "out.xml").getroot()
    said = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert said["analoop.program"] == compile(ring(3)).hash
    assert said["analoop.board.target"] == "simulated"
    assert said["analoop.chips"]
    assert said["analoop.version.analoop"]


def test_a_missing_board_skips_with_the_reason_and_fails_in_strict_mode(project: Path):
    found = run_pytest(project, "--board=dynapse2:nobody")
    assert found["test_population"] == "passed"
    for name in ("test_board", "test_without_fixture"):
        assert found[name].startswith("skipped no board dynapse2:nobody: ")
    assert found["test_simulation"] == "skipped for simulated boards only, not dynapse2:nobody"
    strict = run_pytest(project, "--board=dynapse2:nobody", "--board-strict")
    assert strict["test_board"].startswith(("error", "failure"))
    assert "dynapse2:nobody" in strict["test_board"]
    assert "dynapse2:nobody" in strict["test_without_fixture"]
    assert strict["test_population"] == "passed"


def test_in_strict_mode_a_simulated_board_does_not_stand_in_for_silicon(project: Path):
    found = run_pytest(project, "--board-strict")
    assert "needs a real board" in found["test_chip"]
    assert found["test_chip"].startswith(("error", "failure"))


def test_the_plugin_loads_nothing_heavy_before_a_test_asks_for_it(tmp_path: Path):
    (tmp_path / "test_empty.py").write_text(
        "import sys\ndef test_it():\n    assert 'torch' not in sys.modules\n"
        "    assert 'analoop.deploy.pytest_plugin' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
