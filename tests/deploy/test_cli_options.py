"""An option that would be without effect is refused, and so is a file that was named in vain."""

import json
from pathlib import Path

import numpy as np
import pytest

from analoop.models import Recording

from .command import Shell


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording made without a bench."""
    spikes = np.zeros(3, np.int64), np.arange(3), np.zeros(3, np.int64)
    board, books = {"name": "sim", "target": "simulated"}, {"words": 1}
    return Recording(("n0",), np.array([1000]), *spikes, books, board, {}).save(tmp_path / "r.npz")


@pytest.mark.parametrize("drop", ["nan", "-1", "7", "0.1"])
def test_drop_needs_the_snapshot_that_it_is_about(shell: Shell, files: Path, drop: str):
    done = shell("compile", files / "net.npz", "--dry-run", "--drop", drop)
    assert (done.code, done.out) == (2, "")
    assert "--drop" in done.err and "would be without effect" in done.err
    assert done.err.endswith("(NO_SNAPSHOT)\n")


def test_a_neuron_and_a_tag_are_asked_for_one_at_a_time(shell: Shell, files: Path):
    done = shell("inspect", files / "program.npz", "--neuron", 0, "--tag", 2)
    assert (done.code, done.out) == (2, "")
    assert "--neuron 0 and --tag 2" in done.err and "TWO_QUESTIONS" in done.err


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (("--input-J", 3), "give --static-W and --spike-J too"),
        (("--input-J", 0), "give --static-W and --spike-J too"),
        (("--input-J", 3, "--static-W", 1), "give --spike-J too"),
        (("--spike-J", 1), "give --static-W too"),
    ],
)
def test_an_estimate_of_energy_is_refused_unless_it_can_be_made(
    shell: Shell, recording: Path, given: tuple[object, ...], missing: str
):
    done = shell("bench", "energy", recording, *given)
    assert (done.code, done.out) == (2, "")
    assert missing in done.err and "EVENT_CONSTANTS" in done.err


def test_what_a_word_costs_is_part_of_an_estimate_and_may_be_left_out(
    shell: Shell, recording: Path
):
    asked = ("bench", "energy", recording, "--static-W", 0, "--spike-J", 1, "--json")
    assert shell(*asked).json["estimate"]["joules"] == 3.0
    assert shell(*asked, "--input-J", 5).json["estimate"]["joules"] == 8.0


def test_bench_list_needs_a_file_only_where_one_is_named(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert "no bench.toml here" in shell("bench", "list").out
    for named, code in (
        ("typo.toml", "FILE_MISSING"), (tmp_path, "FILE_CORRUPT"), ("bench.toml", "FILE_MISSING"),
    ):  # fmt: skip
        done = shell("bench", "list", "--bench", named)
        assert (done.code, done.out) == (2, "")
        assert str(named) in done.err and code in done.err
    (tmp_path / "bench.toml").write_text("[bench]\n")
    assert json.loads(shell("bench", "list", "--json").out)["file"] == "bench.toml"


def test_a_folder_that_cannot_be_made_is_named_with_the_option_that_chose_it(
    shell: Shell, recording: Path
):
    done = shell("bench", "simulate", "--folder", recording, "--for", 0)
    assert (done.code, done.out) == (2, "")
    assert f"cannot make the folder {recording}" in done.err
    assert "choose another with --folder (FILE_NOT_WRITABLE)" in done.err
    done = shell("demo", "--chips", 0, "--out", recording, "-q")
    assert "choose another with --out (FILE_NOT_WRITABLE)" in done.err
