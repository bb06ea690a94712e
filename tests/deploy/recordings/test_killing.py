"""SIGKILL at random moments of a session, through the script that does it as often as asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("killing.py")


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_a_session_killed_at_random_moments_loses_nothing_and_goes_on_to_the_same_set(
    files: Path, tmp_path: Path
):
    paths = [files / "program.npz", files / "labelled.npz", tmp_path]
    done = subprocess.run(
        [sys.executable, SCRIPT, *paths, "6", "3"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] == 6 and report["identical"] == report["sets"]
    assert len(set(report["finished_when_killed"])) > 2, "the moments lie all over the session"
