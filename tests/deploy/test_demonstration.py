"""The demo: one call from the shipped network to a table, a program and a picture."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analoop.deploy import Program, load_task, shipped_network, validate
from analoop.hw import VirtualBoard

from .command import Shell


@pytest.fixture(autouse=True)
def twelve_utterances(monkeypatch: pytest.MonkeyPatch) -> None:
    task = load_task("japanese-vowels")
    short = replace(task, test=task.test.select(slice(0, 360, 30)))
    monkeypatch.setattr("analoop.deploy.demonstration.load_task", lambda name: short)


def test_the_demo_writes_what_it_prints_and_what_validate_says(shell: Shell, tmp_path: Path):
    folder = tmp_path / "new" / "demo"
    done = shell("demo", "--chips", 2, "--out", folder, "--json")
    names = ["program.npz", "rasters.png", "report.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert sorted(done.json["files"]) == [str(folder / name) for name in names]
    written = json.loads((folder / "report.json").read_text())
    assert {name: done.json[name] for name in written} == written
    assert (folder / "rasters.png").read_bytes().startswith(b"\x89PNG")
    program = Program.load(folder / "program.npz")
    stimulus = load_task("japanese-vowels").test.select(slice(0, 360, 30))
    boards = [VirtualBoard(), VirtualBoard(1), VirtualBoard(2)]
    again = validate(program, stimulus, boards, shipped_network())
    assert written == json.loads(json.dumps(again.record()))


def test_the_demo_prints_a_row_per_chip_and_the_path_of_each_file(shell: Shell, tmp_path: Path):
    done = shell("demo", "--chips", 1, "--out", tmp_path, "-q")
    assert (done.code, done.err) == (0, "")
    for row in ("software model", "sim:nominal", "sim:seed=1"):
        assert f" {row} " in done.out
    wrote = [line for line in done.out.splitlines() if line.startswith("wrote ")]
    assert wrote == [f"wrote {tmp_path / n}" for n in ("program.npz", "report.json", "rasters.png")]


def test_the_demo_does_not_replace_the_report_of_a_verb(shell: Shell, tmp_path: Path):
    (tmp_path / "report.json").write_text("mine")
    (tmp_path / "sweep.json").write_text('{"program": "", "stimulus": "", "mismatch": ""}')
    done = shell("demo", "--chips", 0, "--out", tmp_path, "-q")
    assert (done.code, (tmp_path / "report.json").read_text()) == (2, "mine")
    assert "give another folder" in done.err


def test_a_folder_that_cannot_be_is_said_in_a_line(shell: Shell, tmp_path: Path):
    done = shell("demo", "--chips", 0, "--out", tmp_path / ("x" * 300), "-q")
    assert done.code == 2 and "FILE_NOT_WRITABLE" in done.err


def test_the_shipped_network_says_how_it_was_made():
    provenance = shipped_network().provenance
    assert provenance["command"].startswith("analoop train japanese-vowels ")
    assert provenance["settings"]["seed"] == 0
    assert provenance["stimulus"]["test"] == load_task("japanese-vowels").test.hash
