"""What `analoop twin` prints."""

import shlex
from pathlib import Path

from analoop.models import Recording

from .command import Shell

STUCK = "dynapse2:sim:seed=3,stuck=0.5"
"""A board behind a driver, of which half the neurons spike without input."""


def test_the_lines_of_a_plan_run_on_any_board(files: Path, shell: Shell, tmp_path: Path):
    folder = tmp_path / "a folder; of mine"
    printed = shell("twin", "plan", files / "program.npz", "-o", folder, "--trials", 1).out
    assert "no known answer" in printed
    lines = [line for line in printed.splitlines() if line.startswith("  analoop run ")]
    assert len(lines) == 2
    for kind, line in zip(("own", "steep"), lines, strict=True):
        _, *words = (STUCK if word == "BOARD" else word for word in shlex.split(line))
        done = shell(*words)
        assert done.code == 0, done.err
        assert Recording.load(folder / f"{kind}.recording.npz").counts.any()
