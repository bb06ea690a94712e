"""A run whose board stopped answering: brought back by a power cycle, a stated number of times,
with the result of a run that was never disturbed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analoop.deploy import Program, compile, run, validate
from analoop.deploy.bench_session import BenchSession, reported
from analoop.deploy.population import sweep
from analoop.deploy.recovery import Incident, Recovery, recovered
from analoop.deploy.validation import Sweep
from analoop.hw import board as boards
from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.board import Trial
from analoop.hw.chip import ChipSpec
from analoop.hw.events import Events
from analoop.hw.samna_board import SamnaBoard, Settings
from analoop.hw.samna_faults import Faults
from analoop.hw.simulated_board import SimulatedBoard
from analoop.hw.virtual_board import parse_board
from analoop.models import Recording
from analoop.models.errors import BoardError, HardwareError, IncompleteError, InputError
from analoop.models.partial_recording import PartialRecording

from .benches import bench_on, fall_silent
from .networks import ring, spike_trains

STIMULUS = spike_trains(2, trials=15, seed=3, rate_hz=300.0)
NAMES = ["dynapse2:sim:seed=1", "dynapse2:sim:seed=2"]
"""Boards that are opened one by one; here without driver and process, to be quick."""
DRIVEN = "dynapse2:sim:seed=5"
SILENCE_S = 6.0
"""A board behind the driver is taken for hung after this [s], once it is open."""


@pytest.fixture(scope="module")
def program() -> Program:
    return compile(ring(4, n_inputs=2))


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A simulated bench that is on."""
    with bench_on(tmp_path, monkeypatch) as bench:
        yield bench


class Failing(SimulatedBoard):
    """Falls silent in the middle of a run."""

    def run_trials(self, trials: Sequence[Trial]) -> list[Events]:
        fall_silent(super().run_trials, trials, after=7)


@pytest.fixture
def fails(simulated: SimulatedBench, monkeypatch: pytest.MonkeyPatch):
    """Makes the board of a name fail in every run until the supply was cycled so often."""
    original = boards.open_board
    opened: list[str] = []

    def arrange(name: str, cycles: int = 1) -> list[str]:
        there = simulated.circuit.cycles

        def open_it(asked: str, chip: ChipSpec):
            opened.append(asked)
            broken = asked == name and simulated.circuit.cycles < there + cycles
            if asked == DRIVEN:
                return driven(broken)
            if asked not in NAMES:
                return original(asked, chip)
            virtual = parse_board(asked.partition(":")[2])
            return (Failing if broken else SimulatedBoard)(virtual, chip)

        monkeypatch.setattr(boards, "open_board", open_it)
        monkeypatch.setattr(sweep, "open_board", open_it)
        return opened

    return arrange


def driven(hangs: bool) -> SamnaBoard:
    """The driver over a virtual samna, which may hang, before the last of the trials begins: they
    last longer in all."""
    faults = Faults(hangs_us=600_000 if hangs else 0)
    board = SamnaBoard(DRIVEN.partition(":")[2], Settings(faults=faults))
    if hangs:
        board._worker._silence_s = SILENCE_S
    return board


def test_a_board_that_hangs_in_a_validation_is_recovered_and_the_result_is_the_same_to_the_bit(
    program: Program, simulated: SimulatedBench, fails, tmp_path: Path
):
    names = [NAMES[0], DRIVEN, NAMES[1]]
    played: list[Recording] = []

    def keeping(play):
        def and_keep(*arguments) -> Recording:
            played.append(play(*arguments))
            return played[-1]

        return and_keep

    quiet_session = BenchSession()
    fails("nobody")
    quiet = validate(program, STIMULUS, names, how=Sweep(play=keeping(quiet_session.play)))
    fails(DRIVEN)
    told, kept = [], []
    with Bench(read_bench(simulated.file)) as bench:
        session = BenchSession(
            bench, recover=2, tell=told.append, kept=tmp_path / "bench.json",
            keep=lambda partial, number: kept.append((partial, number)),
        )  # fmt: skip
        how = Sweep(play=keeping(session.play))
        report = reported(session, validate(program, STIMULUS, names, how=how))
    assert [row.name for row in report.rows] == names
    for row, meant in zip(report.rows, quiet.rows, strict=True):
        assert replace(row, recording="") == replace(meant, recording="")
        # The books of the driver count its heartbeats, which no two runs have alike.
        assert row.recording == meant.recording or row.name == DRIVEN
    for mine, meant in zip(played[3:], played[:3], strict=True):
        for name in ("duration_us", "trial", "time_us", "neuron"):
            assert getattr(mine, name).tobytes() == getattr(meant, name).tobytes()
    assert simulated.circuit.cycles == 2 and simulated.circuit.on
    check_said(report.provenance["bench"], told, kept)
    again = BenchSession(None, kept=tmp_path / "bench.json")
    assert again.stamps == session.stamps, "what was measured is on the disk"


def check_said(stamps: dict, told: list, kept: list) -> None:
    """The power cycle is in the record, and what came before it is kept."""
    recovery = stamps[DRIVEN]["recovery"]
    (incident,) = recovery["incidents"]
    assert recovery["asked"] == 2 and incident["number"] == 1
    assert incident["code"] == "HARDWARE_FAULT" and "HUNG" in incident["cause"]
    assert incident["cycled"]["supplies"] == ["supply"]
    assert stamps[NAMES[0]]["recovery"] is None
    ((partial, number),) = kept
    assert isinstance(partial, PartialRecording) and number == 1
    assert partial.content.n_trials == incident["begun"] < STIMULUS.n_trials
    assert len(told) == 1 and "power cycle 1 of 2" in told[0]


def test_a_recovered_recording_is_the_undisturbed_one_but_for_its_stamp(
    program: Program, simulated: SimulatedBench, fails
):
    fails(NAMES[0], cycles=2)
    with boards.open_board("sim:seed=1", program.configuration.chip) as board:
        meant = run(program, board, STIMULUS)
    with Bench(read_bench(simulated.file)) as bench:
        session = BenchSession(bench, recover=2)
        recording = session.play(NAMES[0], program, STIMULUS)
    assert recording.hash == meant.hash
    assert [i["number"] for i in session.stamps[NAMES[0]]["recovery"]["incidents"]] == [1, 2]


def test_a_board_that_stays_down_fails_after_the_stated_number_of_cycles(
    program: Program, simulated: SimulatedBench, fails
):
    opened = fails(NAMES[0], cycles=100)
    with pytest.raises(IncompleteError) as caught, Bench(read_bench(simulated.file)) as bench:
        BenchSession(bench, recover=2).play(NAMES[0], program, STIMULUS)
    assert "after 2 power cycles" in str(caught.value) and caught.value.exit_code == 4
    assert len(opened) == 3 and simulated.circuit.cycles == 3
    assert caught.value.partial.content.n_trials == 7
    assert "bench" in caught.value.partial.content.provenance, "what was measured is kept"
    assert not simulated.circuit.on, "a board that was given up is switched off"


def test_a_tripped_output_is_not_switched_on_to_recover(
    program: Program, simulated: SimulatedBench, fails
):
    fails(NAMES[0])
    simulated.circuit.short = True
    with pytest.raises(HardwareError) as caught, Bench(read_bench(simulated.file)) as bench:
        BenchSession(bench, recover=5).play(NAMES[0], program, STIMULUS)
    assert caught.value.code == "OUTPUT_TRIPPED" and not simulated.circuit.on
    assert isinstance(caught.value.__context__, IncompleteError), "and what it was to mend"


def failing(times: int, error: Exception):
    """Plays 'done' after so many failures."""
    left = [error] * times

    def play() -> str:
        if left:
            raise left.pop()
        return "done"

    return play


def test_incidents_are_counted_and_say_what_was_done():
    how = Recovery(3, lambda: {"supplies": ["core"]})
    done, incidents = recovered(failing(2, HardwareError("silent", code="NO_ANSWER")), how)
    assert done == "done" and [i.number for i in incidents] == [1, 2]
    assert all(isinstance(i, Incident) and i.cycled == {"supplies": ["core"]} for i in incidents)
    assert recovered(failing(0, RuntimeError()), how) == ("done", ())


def test_a_board_that_boots_is_waited_for_and_no_longer_than_said(monkeypatch):
    monkeypatch.setattr("analoop.deploy.recovery.LOOK_S", 0.01)
    errors = [BoardError("none", code="NO_BOARD")] * 3 + [HardwareError("x", code="HUNG")]

    def play() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert recovered(play, Recovery(1, dict))[0] == "done"
    errors += [BoardError("none", code="NO_BOARD")] * 1000 + [HardwareError("x", code="HUNG")]
    with pytest.raises(BoardError) as caught:
        recovered(play, Recovery(1, dict, return_s=0.05))
    assert caught.value.code == "NO_BOARD"


@pytest.mark.parametrize(
    "error",
    [
        InputError("x", code="X"),
        BoardError("x", code="BOARD_HELD"),
        IncompleteError("books", code="UNBALANCED", partial=None, exit_code=6),
    ],
)
def test_what_no_power_cycle_mends_is_not_cycled(error: Exception):
    def cycle() -> dict:
        raise AssertionError("cycled")

    with pytest.raises(type(error)):
        recovered(failing(1, error), Recovery(3, cycle))


def test_recovery_needs_a_bench_and_a_number_that_makes_sense():
    with pytest.raises(InputError) as caught:
        BenchSession(None, recover=1)
    assert caught.value.code == "NEEDS_BENCH"
    with pytest.raises(InputError) as caught:
        replace(Recovery(0, dict), times=-1)
    assert caught.value.code == "RECOVER"
