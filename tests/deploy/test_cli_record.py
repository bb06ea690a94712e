"""`analoop record` and `analoop export`, as a shell calls them."""

import json
from pathlib import Path

import numpy as np
import pytest

from analoop.deploy.recordings import session
from analoop.deploy.recordings.recording_set import load_finished

from .command import Shell
from .measured import REAL, connect


def arguments(files: Path, out: Path) -> tuple[object, ...]:
    return ("record", files / "program.npz", "--input", files / "labelled.npz", "-o", out)


def test_record_names_every_board_and_says_what_is_simulated(
    shell: Shell, files: Path, tmp_path: Path
):
    asked = ("--boards", "sim:seed=1,noise=50,sim:seed=2", "--board", "sim", "--trials", 2)
    done = shell(*arguments(files, tmp_path / "s"), *asked, "-q")
    assert done.code == 0 and done.err == ""
    assert done.out.startswith("boards: SIMULATED; program ")
    for board in ("sim:seed=1,noise=50", "sim:seed=2", "sim "):
        assert board in done.out
    assert "every repeat is the same: sim, sim:seed=2" in done.out
    assert load_finished(tmp_path / "s").plan.repeats == 2


def test_record_as_json_traces_every_number_to_a_hash(shell: Shell, files: Path, tmp_path: Path):
    asked = ("--board", "sim:seed=1,noise=50", "--trials", 2, "--json")
    record = shell(*arguments(files, tmp_path / "s"), *asked).json
    found = load_finished(tmp_path / "s")
    assert record["finished"] and record["set"] == found.hash
    assert [t["recording"] for t in record["takes"]] == [t.recording.hash for t in found.takes]
    seconds = found.stimulus.duration_us.sum() * 1e-6
    rates = [len(t.recording.time_us) / len(t.recording.names) / seconds for t in found.takes]
    np.testing.assert_allclose([t["rate_hz"] for t in record["takes"]], rates)


def test_an_unfinished_set_says_so_in_its_exit_code_and_goes_on(
    shell: Shell, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = (*arguments(files, tmp_path), "--boards", "sim:seed=1,sim:seed=2", "--json", "-q")
    original, played = session.run, []

    def interrupted(*args: object):
        if played:
            raise KeyboardInterrupt
        played.append(args)
        return original(*args)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(session, "run", interrupted)
    done = shell(*asked)
    assert done.code == 6 and "1 of 2 plays are finished" in done.err
    assert not done.json["finished"] and len(done.json["takes"]) == 1
    monkeypatch.undo()
    shell_again = Shell(monkeypatch, shell._capsys)
    again = shell_again(*asked)
    assert again.code == 0 and again.json["finished"]
    assert again.json["takes"][0] == done.json["takes"][0]


def test_a_board_that_failed_says_so_in_the_exit_code_of_its_set(
    shell: Shell, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = (*arguments(files, tmp_path / "s"), "--board", REAL, "--board", "sim", "--json", "-q")
    connect(monkeypatch, breaks_in=1)
    failed = shell(*asked)
    assert failed.code == 4 and "unfinished: 1 of 2 plays are finished" in failed.err
    assert len(failed.json["takes"]) == 1 and len(failed.json["failures"]) == 1
    connect(monkeypatch)

    def interrupted(*_: object):
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "run", interrupted)
    assert shell(*asked).code == 6, "the failure of an earlier session is over"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--boards", ""), "NO_BOARDS"),
        (("--board", "sim", "--trials", "0"), "PLAN_INVALID"),
        (("--board", "sim,sim:seed=3"), "UNKNOWN_BOARD"),
    ],
)
def test_wrong_usage_is_an_error_before_anything_is_written(
    shell: Shell, files: Path, tmp_path: Path, options: tuple[str, ...], code: str
):
    done = shell(*arguments(files, tmp_path / "s"), *options, "--json")
    assert json.loads(done.err)["error"]["code"] == code
    assert done.code in (2, 3) and list(tmp_path.iterdir()) == []


def test_export_says_what_it_wrote_of_what(shell: Shell, files: Path, tmp_path: Path):
    shell(*arguments(files, tmp_path / "s"), "--board", "sim:seed=1", "-q")
    out = tmp_path / "spikes.parquet"
    done = shell("export", tmp_path / "s", "--to", "parquet", "-o", out)
    assert done.code == 0 and out.is_file()
    assert "sim:seed=1, simulated, set " in done.out
    assert done.out.startswith(f"wrote {out} (parquet)")
    record = shell("export", tmp_path / "s", "--to", "parquet", "-o", out, "--json").json
    assert (
        record["targets"] == ["simulated"] and record["hash"] == load_finished(tmp_path / "s").hash
    )
