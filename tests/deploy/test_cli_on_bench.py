"""Recordings, comparisons, validations and pages of boards on a bench, as a shell calls them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from analoop.hw import board as boards
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.simulated_board import SimulatedBoard
from analoop.hw.virtual_board import VirtualBoard
from analoop.models.partial_recording import PartialRecording

from .benches import bench_on, fall_silent
from .command import Shell

BOARDS = "sim:seed=1,noise=50.0,sim:seed=2,noise=50.0,noise_seed=9"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedBench]:
    """A simulated bench that is on."""
    with bench_on(tmp_path, monkeypatch, "interval_s = 0.05\n") as served:
        yield served


def test_record_stamps_and_compare_and_the_page_say_what_the_bench_read(
    shell: Shell, files: Path, bench: SimulatedBench, tmp_path: Path
):
    asked = ("--boards", BOARDS, "--trials", 2, "--input", files / "labelled.npz")
    recorded = tmp_path / "set"
    done = shell(
        "record", files / "program.npz", *asked, "-o", recorded, "--bench", bench.file, "-q"
    )
    assert done.code == 0, done.err
    assert "energy SIMULATED (TOY MODEL)" in done.out and "°C" in done.out
    done = shell("compare", recorded, "-q", "-o", tmp_path / "c.json", "--distances", 0)
    assert done.code == 0 and "°C" in done.out and "SIMULATED" in done.out
    for one in json.loads((tmp_path / "c.json").read_text())["boards"]:
        quantities = {level["quantity"] for level in one["surroundings"]["levels"]}
        assert quantities == {"voltage", "current", "temperature"}
        assert one["surroundings"]["joules_per_inference"] > 0
    pytest.importorskip("bokeh", reason="needs the extra 'report'")
    for number, sources in enumerate(([recorded], [tmp_path / "c.json"])):
        page = tmp_path / f"page{number}.html"
        assert shell("report", *sources, "-o", page).code == 0
        text = page.read_text()
        assert "What the bench read while they played" in text
        assert "energy SIMULATED (TOY MODEL)" in text and "temperature (°C)" in text


def test_boards_that_are_named_stand_on_the_bench_of_validate_simulated_ones_too(
    shell: Shell, files: Path, bench: SimulatedBench, tmp_path: Path
):
    asked = ("--board", "sim:seed=1", "--board", "sim:seed=2", "--input", files / "labelled.npz")
    plain = shell("validate", files / "program.npz", *asked, "-q", "--json").json
    given = ("validate", files / "program.npz", *asked, "-q", "--json", "--bench", bench.file)
    found = shell(*given, "-o", tmp_path / "v").json
    assert found["rows"] == plain["rows"], "one by one is as side by side"
    assert found["provenance"]["bench"].keys() == {"sim:seed=1", "sim:seed=2"}
    fewer = ("validate", files / "program.npz", *asked[2:], "-q", "--json", "--bench", bench.file)
    again = shell(*fewer, "-o", tmp_path / "v").json
    assert again["provenance"]["bench"].keys() == {"sim:seed=2"}, "of these boards alone"


def test_chips_that_are_drawn_stand_on_no_bench(shell: Shell, files: Path, bench: SimulatedBench):
    asked = ("--chips", 2, "--input", files / "labelled.npz", "--bench", bench.file)
    done = shell("validate", files / "program.npz", *asked, "-q")
    assert done.code == 2 and "NEEDS_BOARD" in done.err


def test_validate_keeps_what_came_before_a_board_was_brought_back(
    shell: Shell, files: Path, bench: SimulatedBench, tmp_path: Path, monkeypatch
):
    class Failing(SimulatedBoard):
        def run_trials(self, trials):
            if bench.circuit.cycles > 1:
                return super().run_trials(trials)
            fall_silent(super().run_trials, trials)

    monkeypatch.setattr(boards, "open_board", lambda name, chip: Failing(VirtualBoard(1), chip))
    asked = ("--board", "sim:seed=1", "--input", files / "labelled.npz", "--bench", bench.file)
    asked = (*asked, "--recover", 1, "-o", tmp_path / "v", "-q")
    assert shell("validate", files / "program.npz", *asked).code == 0
    (file,) = (tmp_path / "v" / "failed").iterdir()
    assert PartialRecording.load(file).content.n_trials == 2
