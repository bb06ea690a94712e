"""What is measured around a run is in its record, as what it is."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analoop.deploy import Program, compile, run
from analoop.deploy.bench_session import BenchSession, bare, open_session
from analoop.hw.bench import scpi_machine
from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.simulated_bench import DRIVERS, SimulatedBench
from analoop.hw.board import BoardIdentity
from analoop.hw.simulated_board import SimulatedBoard
from analoop.hw.virtual_board import VirtualBoard
from analoop.models import AnaloopError, Recording

from .networks import ring, spike_trains

STIMULUS = spike_trains(2, trials=4, seed=3, rate_hz=300.0)
PLAYED_S, PROGRAMMED_S = 0.25, 0.2
RULES = "off_s = 0.0\nboot_s = 0.0\ninterval_s = 0.02\n"
Opened = Callable[..., Bench]


class Real(SimulatedBoard):
    """Says that it is real, and takes its time."""

    @property
    def identity(self) -> BoardIdentity:
        return replace(super().identity, name="dynapse2:00123", target="measured")

    def program(self, configuration) -> None:
        time.sleep(PROGRAMMED_S)
        super().program(configuration)

    def run_trials(self, trials):
        time.sleep(PLAYED_S)
        return super().run_trials(trials)


@pytest.fixture(scope="module")
def program() -> Program:
    return compile(ring(4, n_inputs=2))


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Opens a simulated bench that is on; `maker` is what its instruments say who made them."""
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    (tmp_path / "bench").mkdir()
    with SimulatedBench(tmp_path / "bench", DRIVERS, RULES) as simulated:

        def open_it(maker: str | None = None) -> Bench:
            if maker is not None:
                monkeypatch.setattr(scpi_machine, "SIMULATED", maker)
            bench = Bench(read_bench(simulated.file))
            bench.power_on()
            bench.keep()
            return bench

        yield open_it


def played(bench: Bench, board: SimulatedBoard, program: Program) -> Recording:
    with bench, board:
        return BenchSession(bench).watched(board, lambda b: run(program, b, STIMULUS))


def test_a_real_bench_at_a_real_board_measures_while_trials_are_played(
    opened: Opened, program: Program
):
    recording = played(opened("Keysight Technologies"), Real(VirtualBoard(1)), program)
    stamp = recording.provenance["bench"]
    start, end = stamp["window_s"]
    assert start >= PROGRAMMED_S and end - start >= PLAYED_S, "programming is not in it"
    energy = stamp["energy"]
    assert energy["label"] == "measured" and stamp["time_base"] == "host"
    assert energy["joules"] == pytest.approx(1.8 * 0.005 * (end - start), rel=1e-6)
    assert energy["joules_per_inference"] == pytest.approx(energy["joules"] / 4)
    assert any("Keysight" in by for by in energy["details"]["by"])
    (meter,) = [trace for trace in stamp["traces"] if trace["instrument"] == "meter"]
    assert len(meter["value"]) >= 5 and not meter["simulated"]
    (room,) = [trace for trace in stamp["traces"] if trace["quantity"] == "temperature"]
    assert room["value"] == pytest.approx([24.36] * len(room["value"]))


@pytest.mark.parametrize(("maker", "board"), [("Keysight", SimulatedBoard), (None, Real)])
def test_an_instrument_at_a_board_of_another_kind_measures_no_energy_of_it(
    opened: Opened, program: Program, tmp_path: Path, maker: str | None, board: type
):
    file = tmp_path / "bench" / "bench.toml"
    file.write_text(file.read_text().partition("[load]")[0])
    stamp = played(opened(maker), board(VirtualBoard(1)), program).provenance["bench"]
    assert stamp["energy"]["joules"] is None and stamp["energy"]["label"] == ""
    assert stamp["energy"]["details"]["code"] == "NOT_ITS_ENERGY"
    assert all(trace["value"] for trace in stamp["traces"]), "what was read is kept"


def test_a_stamp_changes_nothing_else_and_survives_a_file(
    opened: Opened, program: Program, tmp_path: Path
):
    with SimulatedBoard(VirtualBoard(1)) as board:
        meant = run(program, board, STIMULUS)
    recording = played(opened(), SimulatedBoard(VirtualBoard(1)), program)
    assert bare(recording).hash == meant.hash != recording.hash
    recording.save(tmp_path / "r.npz")
    assert Recording.load(tmp_path / "r.npz").hash == recording.hash
    stamp = recording.provenance["bench"]
    assert stamp["time_base"] == "chip" and stamp["toy_model"]["basis"] == "assumed"


def test_without_a_bench_a_session_is_a_plain_run(program: Program):
    with SimulatedBoard(VirtualBoard(1)) as board:
        meant = run(program, board, STIMULUS)
    session = BenchSession()
    assert session.play("sim:seed=1", program, STIMULUS).hash == meant.hash
    assert session.stamps == {}


@pytest.mark.parametrize(
    ("kept", "code"), [(("thermometer",), "NOTHING_TO_CYCLE"), (("supply",), "NO_LIMIT")]
)
def test_a_bench_that_could_not_recover_a_board_is_refused_before_one_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: tuple[str, ...], code: str
):
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    with SimulatedBench(tmp_path, DRIVERS, RULES) as simulated:
        tables = simulated.file.read_text().replace("limit_A = 0.25\n", "").split("\n\n")
        there = [t for t in tables if any(t.startswith(f"[{name}]") for name in kept)]
        simulated.file.write_text("\n\n".join(there))
        with pytest.raises(AnaloopError) as caught, Bench(read_bench(simulated.file)) as bench:
            BenchSession(bench, recover=1)
        assert code in f"{caught.value.code} {caught.value}"
        with Bench(read_bench(simulated.file)) as bench:
            BenchSession(bench)


def test_what_the_wire_log_could_not_keep_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    rules = RULES + f'log = "{tmp_path}/no/where.log"\n'
    with SimulatedBench(tmp_path, DRIVERS, rules) as simulated, open_session(simulated.file):
        pass
    assert "wire log: " in capsys.readouterr().err
