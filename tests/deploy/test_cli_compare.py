"""`analoop compare`, as a shell calls it."""

import json
from pathlib import Path

import pytest

from analoop.deploy import Program
from analoop.models.recording import Stimulus

from .command import Shell
from .comparison.recorded import random_recording

QUICK = ("--distances", 100, "-q")


def recorded(shell: Shell, files: Path, folder: Path) -> Path:
    """A set of two noisy boards, twice each."""
    boards = ("--boards", "sim:seed=1,noise=1,sim:seed=2,noise=1", "--trials", 2)
    source = ("--input", files / "labelled.npz")
    assert shell("record", files / "program.npz", *source, *boards, "-o", folder, "-q").code == 0
    return folder


def test_a_recorded_folder_is_compared_and_the_first_line_says_simulated(
    shell: Shell, files: Path, tmp_path: Path
) -> None:
    folder = recorded(shell, files, tmp_path / "set")
    told = shell("compare", folder, *QUICK)
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert lines[0].startswith("2 boards, SIMULATED; 4 trials")
    assert "pairs by group" in lines[1]
    out = tmp_path / "report.json"
    record = shell("compare", folder, *QUICK, "--json", "-o", out).json
    assert json.loads(out.read_text()) == record
    assert [b["repeats"] for b in record["boards"]] == [2, 2]
    assert record["provenance"]["program"] == Program.load(files / "program.npz").hash


def test_a_folder_and_a_copy_of_a_part_of_it_are_no_more_boards_or_repeats(
    shell: Shell, files: Path, tmp_path: Path
) -> None:
    folder = recorded(shell, files, tmp_path / "set")
    again = shell("compare", folder, folder, *QUICK)
    assert again.code == 2
    assert again.err.count("COMPARE_TWICE") == 4
    parts = [p for p in folder.glob("**/*.npz") if p.stem not in ("program", "stimulus")]
    assert "COMPARE_TWICE" in shell("compare", folder, parts[0], *QUICK).err
    more = ("--boards", "sim:seed=1,noise=1,noise_seed=50", "--trials", 1)
    source = ("--input", files / "labelled.npz")
    assert shell("record", files / "program.npz", *source, *more, "-o", tmp_path / "b").code == 0
    record = shell("compare", folder, tmp_path / "b", *QUICK, "--json").json
    assert [b["repeats"] for b in record["boards"]] == [3, 2]


def test_single_recordings_need_their_program_and_stimulus(
    shell: Shell, files: Path, tmp_path: Path
) -> None:
    program = Program.load(files / "program.npz")
    stimulus = Stimulus.load(files / "labelled.npz")
    paths = [
        random_recording(program, stimulus, serial, k).save(tmp_path / f"{serial}.npz")
        for k, serial in enumerate("AB")
    ]
    assert "NO_PROGRAM" in shell("compare", *paths).err
    given = ("--program", files / "program.npz")
    assert "NO_INPUT" in shell("compare", *paths, *given).err
    given += ("--input", files / "labelled.npz")
    told = shell("compare", *paths, *given, *QUICK)
    assert told.code == 0
    assert told.out.startswith("2 boards, measured; ")


def test_a_gate_fails_where_boards_differ_and_asks_for_more_where_it_cannot_say(
    shell: Shell, files: Path, tmp_path: Path
) -> None:
    program = Program.load(files / "program.npz")
    stimulus = Stimulus.load(files / "labelled.npz")
    given = ("--program", files / "program.npz", "--input", files / "labelled.npz", "--gate")

    def gated(*spikes: float) -> int:
        paths = [
            random_recording(program, stimulus, f"{board}", 7 * board + k, mean).save(
                tmp_path / f"{board}{k}.npz"
            )
            for board, mean in enumerate(spikes)
            for k in range(3 if mean else 1)
        ]
        return shell("compare", *paths, *given, *QUICK).code

    assert gated(4.0, 40.0) == 1
    assert gated(4.0, 4.4) == 5
    assert gated(4000.0, 4000.0) == 0
    assert gated(0.0, 0.0) == 5, "two boards that never spiked were not shown to be alike"


@pytest.mark.parametrize("floor", ["inf", "nan", "-1"])
def test_a_floor_that_is_none_is_refused_before_anything_is_read(shell: Shell, floor: str) -> None:
    told = shell("compare", "no-such-file.npz", "--floor", floor, "--gate", "--json")
    assert told.code == 2
    assert json.loads(told.err)["error"]["code"] == "MARGINS"


def test_json_of_recordings_of_a_single_trial_is_strict(
    shell: Shell, files: Path, tmp_path: Path
) -> None:
    program = Program.load(files / "program.npz")
    stimulus = Stimulus.load(files / "labelled.npz").select(slice(0, 1))
    paths = [
        random_recording(program, stimulus, serial, k).save(tmp_path / f"{serial}.npz")
        for k, serial in enumerate("AB")
    ]
    source = stimulus.save(tmp_path / "one.npz")
    given = ("--program", files / "program.npz", "--input", source, "--json")
    out = tmp_path / "report.json"
    told = shell("compare", *paths, *given, "-o", out, *QUICK)
    assert told.code == 0, told.err
    for text in (told.out, out.read_text()):
        assert json.loads(text, parse_constant=pytest.fail)["equivalences"][0]["error"] is None
