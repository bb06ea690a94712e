"""A session with a bench around it: stamps in every recording, boards that are brought back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analoop.deploy.bench_session import BenchSession, bare
from analoop.deploy.recordings.plan import Plan
from analoop.deploy.recordings.recording_set import RecordingSet, UnfinishedSet
from analoop.deploy.recordings.session import record
from analoop.deploy.surroundings import surroundings
from analoop.hw import board as boards
from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.board import BoardIdentity, Trial
from analoop.hw.events import Events
from analoop.hw.simulated_board import SimulatedBoard
from analoop.hw.virtual_board import VirtualBoard
from analoop.models.errors import BoardError, InputError
from analoop.models.partial_recording import PartialRecording

from ..benches import bench_on, fall_silent
from .sessions import PLAN, STIMULUS, contents, program, recorded

REAL = Plan(("dynapse2:1", "dynapse2:2"), 2)


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedBench]:
    """A simulated bench that is on."""
    with bench_on(tmp_path, monkeypatch, "interval_s = 0.05\n") as served:
        yield served


class Real(SimulatedBoard):
    """Passes for a real one; breaks in a run where it is told to."""

    def __init__(self, name: str, serial: str, breaks: bool, log: list[str]):
        super().__init__(VirtualBoard(int(name[-1])))
        self._name, self._serial, self._breaks, self._log = name, serial, breaks, log
        log.append(f"open {name}")

    @property
    def identity(self) -> BoardIdentity:
        details = (("serial", self._serial),)
        return replace(super().identity, name=self._name, target="measured", details=details)

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        if not self._breaks:
            return super().run_trials(trials)
        fall_silent(super().run_trials, trials)

    def close(self) -> None:
        self._log.append(f"close {self._name}")
        super().close()


@pytest.fixture
def fails(simulated: SimulatedBench, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Makes dynapse2:1 break until the supply was cycled so often; what is opened and closed."""

    def arrange(cycles: int, serial_after: str = "1") -> list[str]:
        log: list[str] = []
        there = simulated.circuit.cycles

        def opened(name: str, chip) -> SimulatedBoard:
            cycled = simulated.circuit.cycles - there
            breaks = name == "dynapse2:1" and cycled < cycles
            serial = serial_after if name == "dynapse2:1" and cycled else name[-1]
            return Real(name, serial, breaks, log)

        monkeypatch.setattr(boards, "open_board", opened)
        return log

    return arrange


def test_every_recording_says_what_was_measured_and_is_else_the_one_without_a_bench(
    simulated: SimulatedBench, tmp_path: Path
):
    plain = recorded(tmp_path / "plain")
    with Bench(read_bench(simulated.file)) as bench:
        found = record(program(), PLAN, STIMULUS, tmp_path / "s", bench=BenchSession(bench))
    assert isinstance(found, RecordingSet)
    for take, without in zip(found.takes, plain.takes, strict=True):
        stamp = take.recording.provenance["bench"]
        assert {t["quantity"] for t in stamp["traces"]} == {"voltage", "current", "temperature"}
        assert stamp["energy"]["label"] == "simulated (toy model)" and stamp["recovery"] is None
        assert bare(take.recording).hash == without.recording.hash
    around = surroundings("sim", [take.recording for take in found.of("sim")])
    assert around is not None and around.recordings == 2
    assert around.energy_label == "simulated (toy model)" and around.power_cycles == 0


def test_a_board_that_stops_answering_is_brought_back_and_all_are_opened_anew(
    simulated: SimulatedBench, fails, tmp_path: Path
):
    fails(0)
    undisturbed = record(program(), REAL, STIMULUS, tmp_path / "quiet")
    assert isinstance(undisturbed, RecordingSet)
    log = fails(1)
    with Bench(read_bench(simulated.file)) as bench:
        session = BenchSession(bench, recover=1)
        found = record(program(), REAL, STIMULUS, tmp_path / "s", bench=session)
    assert isinstance(found, RecordingSet), "the set is whole"
    assert log.count("open dynapse2:1") == log.count("open dynapse2:2") == 2
    assert log.count("close dynapse2:1") == log.count("close dynapse2:2") == 2
    (first, *rest) = found.of("dynapse2:1")
    (incident,) = first.recording.provenance["bench"]["recovery"]["incidents"]
    assert incident["code"] == "HARDWARE_FAULT" and incident["begun"] == 2
    assert all(take.recording.provenance["bench"]["recovery"] is None for take in rest)
    for mine, meant in zip(found.takes, undisturbed.takes, strict=True):
        assert mine.recording.time_us.tobytes() == meant.recording.time_us.tobytes()
        assert mine.recording.neuron.tobytes() == meant.recording.neuron.tobytes()
    (failure,) = found.failures
    partial = PartialRecording.load(tmp_path / "s" / failure.file)
    assert partial.content.n_trials == 2, "what came before is kept"


def test_a_board_that_stays_down_plays_no_more_and_the_others_go_on(
    simulated: SimulatedBench, fails, tmp_path: Path
):
    fails(100)
    with Bench(read_bench(simulated.file)) as bench:
        session = BenchSession(bench, recover=2)
        found = record(program(), REAL, STIMULUS, tmp_path / "s", bench=session)
    assert isinstance(found, UnfinishedSet)
    assert [take.board for take in found.takes] == ["dynapse2:2", "dynapse2:2"]
    assert len(found.failures) == 3 and "after 2 power cycles" in found.failures[-1].cause
    assert simulated.circuit.cycles == 3


def test_a_board_that_does_not_come_back_plays_no_more_and_the_others_go_on(
    simulated: SimulatedBench, fails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fails(100)
    opened, there = boards.open_board, simulated.circuit.cycles

    def gone(name: str, chip):
        if name == "dynapse2:1" and simulated.circuit.cycles > there:
            raise BoardError("another program holds it", code="BOARD_HELD")
        return opened(name, chip)

    monkeypatch.setattr(boards, "open_board", gone)
    with Bench(read_bench(simulated.file)) as bench:
        session = BenchSession(bench, recover=1)
        found = record(program(), REAL, STIMULUS, tmp_path / "s", bench=session)
    assert isinstance(found, UnfinishedSet)
    assert [take.board for take in found.takes] == ["dynapse2:2", "dynapse2:2"]
    assert "BOARD_HELD" in found.failures[-1].cause


def test_without_power_nothing_is_recorded_as_if_there_were(
    simulated: SimulatedBench, tmp_path: Path
):
    text = simulated.file.read_text()
    simulated.file.write_text(text.replace("limit_A = 0.25", "limit_A = 0.004"))
    with Bench(read_bench(simulated.file)) as bench:
        found = record(program(), PLAN, STIMULUS, tmp_path / "s", bench=BenchSession(bench))
    assert isinstance(found, UnfinishedSet) and found.takes == () and not simulated.circuit.on
    assert all("OVER_LIMIT" in failure.cause for failure in found.failures)
    first = PartialRecording.load(tmp_path / "s" / found.failures[0].file).content
    around = surroundings("sim", [first])
    assert first.n_trials == STIMULUS.n_trials and around is not None
    assert any("OVER_LIMIT" in remark for remark in around.remarks), "what was measured is kept"


def test_ctrl_c_leaves_outputs_off_that_a_recovery_has_switched(
    simulated: SimulatedBench, fails, tmp_path: Path
):
    fails(1)

    def stop(done: int, planned: int, what: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with Bench(read_bench(simulated.file)) as bench:
        session = BenchSession(bench, recover=1)
        found = record(program(), REAL, STIMULUS, tmp_path / "s", stop, session)
    assert isinstance(found, UnfinishedSet) and not simulated.circuit.on


def test_another_board_behind_the_name_after_a_power_cycle_is_refused(
    simulated: SimulatedBench, fails, tmp_path: Path
):
    log = fails(1, serial_after="9")
    with pytest.raises(InputError) as caught, Bench(read_bench(simulated.file)) as bench:
        session = BenchSession(bench, recover=1)
        record(program(), REAL, STIMULUS, tmp_path / "s", bench=session)
    assert caught.value.code == "OTHER_BOARD"
    assert sorted(log).count("close dynapse2:1") == log.count("open dynapse2:1"), "none stays open"
    names = [name for name in contents(tmp_path / "s") if name.startswith("segments")]
    assert all("dynapse2:9" not in name and "partial" in name for name in names)
