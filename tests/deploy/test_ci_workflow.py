"""The workflow file in the docs: its steps run, in order, in a project like a user's."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from analoop.deploy import Program

from .networks import ring, spike_trains

FILE = Path(__file__).parents[2] / "docs" / "ci" / "analoop.yml"
WORKFLOW = yaml.safe_load(FILE.read_text(encoding="utf-8"))
STEPS = WORKFLOW["jobs"]["gate"]["steps"]
SETTINGS = "[tool.analoop.validate]\naccuracy = 0.9\nshare = 0.5\nchips = 16\ninput = 'in.npz'\n"
TEST = "def test_it(program, fleet):\n    assert program.names and len(fleet()) == 4\n"


def run_steps(folder: Path, right: bool = True) -> list[tuple[str, int]]:
    """Names and exit codes of the steps; all but the installation, which this environment is.

    As GitHub does it: after a step that failed, only those that run always."""
    ring(3).save(folder / "net.npz")
    stimulus = spike_trains(1, trials=4, seed=3, rate_hz=300.0)
    wrong = replace(stimulus, target=(stimulus.target + 1) % 3)
    (stimulus if right else wrong).save(folder / "in.npz")
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "test_mine.py").write_text(TEST)
    bin_folder = Path(sys.executable).parent
    own = {"GITHUB_STEP_SUMMARY": str(folder / "page.md"), "PATH": f"{bin_folder}:/usr/bin:/bin"}
    codes: list[tuple[str, int]] = []
    for step in (s for s in STEPS if "run" in s and s["name"] != "Install"):
        if any(code for _, code in codes) and step.get("if") != "always()":
            continue
        done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=folder, env=os.environ | own)
        codes.append((step["name"], done.returncode))
    return codes


@pytest.mark.parametrize(("right", "code"), [(True, 0), (False, 1)])
def test_the_steps_run_and_the_gate_decides_the_job(tmp_path: Path, right: bool, code: int):
    codes = dict(run_steps(tmp_path, right))
    assert codes["Compile"] == codes["Summary"] == 0
    assert codes["Judge on chips nobody has seen"] == code
    assert codes.get("Tests on virtual chips", 0) == 0
    verdict = {0: "PASS", 1: "FAIL"}[code]
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert f"**{verdict}: " in page
    assert Program.load(tmp_path / "program.npz").hash in page


def test_what_is_uploaded_is_what_the_steps_write(tmp_path: Path):
    run_steps(tmp_path)
    folder = tmp_path / next(s["with"]["path"] for s in STEPS if "upload" in s.get("uses", ""))
    written = {file.name for file in folder.iterdir()}
    assert {"report.json", "junit.xml", "summary.md", "rows.csv", "tests.xml"} <= written
