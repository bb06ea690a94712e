"""`analoop bench`, and runs with a bench around them, as a shell calls them."""

import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from analoop.hw import board as boards
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.bench.toy_model import EVENT_J, STATIC_A
from analoop.models import Recording

from .benches import fall_silent
from .command import Shell


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A simulated bench, off."""
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    folder = tmp_path / "bench"
    folder.mkdir()
    rules = "off_s = 0.0\nboot_s = 0.0\ninterval_s = 0.01\n"
    with SimulatedBench(folder, rules=rules, common="timeout_s = 0.5\nreconnect_s = 0.2\n") as s:
        yield s


def test_list_names_ports_drivers_and_instruments(shell: Shell, simulated: SimulatedBench):
    found = shell("bench", "list", "--bench", simulated.file, "--json").json
    assert {one["name"] for one in found["instruments"]} == simulated.ttys.keys()
    assert {one["name"] for one in found["drivers"]} >= {"scpi-supply", "rigol-supply", "line"}
    shown = shell("bench", "list", "--bench", simulated.file)
    assert shown.code == 0 and "never on a real instrument" in shown.out
    assert "[supply] scpi-supply" in shown.out


def test_check_passes_a_sound_bench_and_names_every_problem_of_another(
    shell: Shell, simulated: SimulatedBench
):
    done = shell("bench", "check", "--bench", simulated.file)
    assert done.code == 0 and "as its file says" in done.out
    text = simulated.file.read_text().replace("limit_A = 0.25\n", "limit_a = 0.25\n")
    simulated.file.write_text(text.replace('driver = "scpi-meter"', 'driver = "meter"'))
    simulated.ttys["thermometer"].unplug()
    done = shell("bench", "check", "--bench", simulated.file)
    assert done.code == 1
    for words in ("limit_a", "NO_LIMIT", "no driver 'meter'", "[thermometer]", "4 problems"):
        assert words in done.out, words


def test_power_switches_and_leaves_it_so(shell: Shell, simulated: SimulatedBench):
    done = shell("bench", "power", "on", "--bench", simulated.file)
    assert done.code == 0 and "[supply] ON: 1.8 V, 0.005 A" in done.out
    assert simulated.circuit.on and simulated.circuit.protected
    assert shell("bench", "power", "cycle", "--bench", simulated.file).code == 0
    assert simulated.circuit.on and simulated.circuit.cycles == 2
    assert shell("bench", "power", "off", "--bench", simulated.file).code == 0
    assert not simulated.circuit.on


def test_power_without_a_limit_is_refused_and_a_trip_is_for_a_person(
    shell: Shell, simulated: SimulatedBench
):
    text = simulated.file.read_text()
    simulated.file.write_text(text.replace("limit_A = 0.25\n", ""))
    done = shell("bench", "power", "on", "--bench", simulated.file)
    assert done.code == 2 and "NO_LIMIT" in done.err and simulated.circuit.cycles == 0
    simulated.file.write_text(text)
    simulated.circuit.short = True
    done = shell("bench", "power", "on", "--bench", simulated.file)
    assert done.code == 4 and "OUTPUT_TRIPPED" in done.err and not simulated.circuit.on
    simulated.circuit.short = False
    assert shell("bench", "power", "on", "--bench", simulated.file).code == 4
    assert shell("bench", "power", "clear", "--bench", simulated.file).code == 0
    assert shell("bench", "power", "on", "--bench", simulated.file).code == 0


def test_a_dry_run_prints_and_sends_nothing(shell: Shell, simulated: SimulatedBench):
    done = shell("bench", "power", "cycle", "--dry-run", "--bench", simulated.file)
    assert done.code == 0 and "nothing was" in done.out
    lines = done.out.splitlines()
    limit = next(k for k, line in enumerate(lines) if "CURR 0.25,(@1)" in line)
    on = next(k for k, line in enumerate(lines) if "OUTP ON,(@1)" in line)
    assert limit < on and simulated.circuit.cycles == 0
    assert not (simulated.file.parent / "bench-wire.log").exists()


def test_measure_reads_everything_and_says_what_is_lost(
    shell: Shell, simulated: SimulatedBench, tmp_path: Path
):
    asked = ("bench", "measure", "--bench", simulated.file)
    found = shell(*asked, "--json").json["readings"]
    assert {(one["name"], one["unit"]) for one in found} == {
        ("supply", "V"), ("supply", "A"), ("meter", "A"), ("thermometer", "degree Celsius"),
    }  # fmt: skip
    done = shell(*asked, "--for", "0.05", "-o", tmp_path / "traces.json")
    assert done.code == 0
    traces = json.loads((tmp_path / "traces.json").read_text())["traces"]
    assert len(traces) == 4 and all(len(t["value"]) >= 2 for t in traces)
    shell("bench", "power", "on", "--bench", simulated.file)
    text = simulated.file.read_text()
    simulated.file.write_text(text.replace("[meter]\n", "[meter]\nrange = 0.001\n"))
    done = shell(*asked, "--json")
    (lost,) = [one for one in done.json["readings"] if one["value"] is None]
    assert done.code == 4 and lost["name"] == "meter" and "OVERLOAD" in lost["cause"]
    simulated.ttys["meter"].faults.silence = 1000
    done = shell(*asked)
    assert done.code == 4 and "meter did not answer" in done.err, "who is not there is said first"


def test_from_a_run_to_joules_to_the_report_over_simulated_instruments(
    shell: Shell, files: Path, simulated: SimulatedBench, tmp_path: Path
):
    shell("bench", "power", "on", "--bench", simulated.file)
    out = tmp_path / "out.npz"
    asked = ("--board", "sim:seed=1", "--input", files / "labelled.npz", "-o", out)
    done = shell("run", files / "program.npz", *asked, "--bench", simulated.file)
    assert done.code == 0 and "energy SIMULATED (TOY MODEL): " in done.out
    recording = Recording.load(out)
    seconds = recording.duration_us.sum() * 1e-6
    meant = 1.8 * STATIC_A * seconds + EVENT_J * len(recording.time_us)
    energy = recording.provenance["bench"]["energy"]
    assert energy["label"] == "simulated (toy model)" and len(recording.time_us) > 50
    assert energy["joules"] == pytest.approx(meant, rel=1e-7)
    assert energy["joules_per_inference"] == pytest.approx(meant / recording.n_trials, rel=1e-7)
    # What bench.toml takes for the accuracy of supply and meter, worked out once more.
    u_V = meant / 1.8 * (0.0005 * 1.8 + 0.005) / 3**0.5
    u_A = (meant * 0.0005 + 1.8 * seconds * 1e-5) / 3**0.5
    parts = energy["details"]["uncertainty_parts_J"]
    assert (parts["voltage"], parts["current"]) == pytest.approx((u_V, u_A), rel=1e-6)
    assert energy["uncertainty_J"] == pytest.approx(np.hypot(u_V, u_A), rel=0.05)
    plain = shell("run", files / "program.npz", *asked[:-1], tmp_path / "plain.npz")
    assert plain.code == 0 and "energy" not in plain.out
    other = Recording.load(tmp_path / "plain.npz")
    assert other.time_us.tolist() == recording.time_us.tolist()
    shown = shell("bench", "energy", out, "--static-W", "0.009", "--spike-J", "2e-8")
    assert "energy SIMULATED (TOY MODEL)" in shown.out
    assert "energy estimated from event counts with user-supplied constants: " in shown.out
    assert "energy: not measured" in shell("bench", "energy", tmp_path / "plain.npz").out
    both = shell("bench", "energy", out, "--static-W", "0.009", "--spike-J", "2e-8", "--json").json
    assert both["estimate"]["joules"] == pytest.approx(both["measurement"]["joules"], rel=1e-6)
    assert both["estimate"]["label"] != both["measurement"]["label"]
    assert "measured" not in both["estimate"]["label"]


def test_run_recovers_a_board_and_says_so(
    shell: Shell,
    files: Path,
    simulated: SimulatedBench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    from analoop.hw.simulated_board import SimulatedBoard
    from analoop.hw.virtual_board import VirtualBoard

    shell("bench", "power", "on", "--bench", simulated.file)

    class Failing(SimulatedBoard):
        def run_trials(self, trials):
            if simulated.circuit.cycles > 1:
                return super().run_trials(trials)
            fall_silent(super().run_trials, trials)

    monkeypatch.setattr(boards, "open_board", lambda name, chip: Failing(VirtualBoard(1), chip))
    asked = ("--board", "sim:seed=1", "--input", files / "labelled.npz", "-o", tmp_path / "o.npz")
    command = ("run", files / "program.npz", *asked, "--bench", simulated.file)
    failed = shell(*command)
    assert failed.code == 4 and "partial recording" in failed.err
    done = shell(*command, "--recover", 2)
    assert done.code == 0 and "RECOVERED by power cycle 1" in done.out
    assert "power cycle 1 of 2" in done.err and (tmp_path / "o.failed1.npz").is_file()
    stamp = Recording.load(tmp_path / "o.npz").provenance["bench"]
    assert [i["begun"] for i in stamp["recovery"]["incidents"]] == [2]
    assert simulated.circuit.on


def test_recovery_without_a_bench_is_refused(shell: Shell, files: Path):
    done = shell("run", files / "program.npz", "--verify=answer", "--recover", 1)
    assert done.code == 2 and "NEEDS_BENCH" in done.err


def test_validate_keeps_what_the_bench_said_with_its_rows(
    shell: Shell, files: Path, simulated: SimulatedBench, tmp_path: Path, monkeypatch
):
    from analoop.hw.simulated_board import SimulatedBoard
    from analoop.hw.virtual_board import VirtualBoard

    name = "dynapse2:sim:seed=1"
    monkeypatch.setattr(boards, "open_board", lambda name, chip: SimulatedBoard(VirtualBoard(1)))
    shell("bench", "power", "on", "--bench", simulated.file)
    asked = ("--board", name, "--input", files / "labelled.npz", "--bench", simulated.file)
    done = shell("validate", files / "program.npz", *asked, "-o", tmp_path / "v", "-q")
    assert done.code == 0 and "bench, dynapse2:sim:seed=1: energy SIMULATED (TOY MODEL)" in done.out
    report = json.loads((tmp_path / "v" / "report.json").read_text())
    assert report["provenance"]["bench"][name]["energy"]["joules"] > 0
    kept = json.loads((tmp_path / "v" / "bench.json").read_text())
    assert kept == report["provenance"]["bench"]
    again = shell("validate", files / "program.npz", *asked, "-o", tmp_path / "v", "-q", "--json")
    assert again.json["provenance"]["bench"] == kept, "a row that is not played again keeps it"


def test_a_served_bench_can_be_tried_and_ends(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    done = shell("bench", "simulate", "--folder", tmp_path / "s", "--for", "0.1")
    assert done.code == 0 and "SIMULATED instruments" in done.out
    assert (tmp_path / "s" / "bench.toml").is_file()
    assert not list((tmp_path / "s").glob("tty-*")), "nothing is left behind"


def test_a_bench_that_is_not_there_is_an_error_with_a_way_out(shell: Shell, tmp_path: Path):
    done = shell("bench", "measure", "--bench", tmp_path / "none.toml")
    assert done.code == 2 and "bench simulate" in done.err


@pytest.mark.parametrize("more", [(), ("--for", 0.05), ("--json",)])
def test_measure_switches_off_what_gives_more_than_its_limit_and_says_so(
    shell: Shell, simulated: SimulatedBench, more: tuple[object, ...]
):
    shell("bench", "power", "on", "--bench", simulated.file)
    simulated.circuit.protected, simulated.circuit.demand_A = False, 0.3
    done = shell("bench", "measure", "--bench", simulated.file, *more)
    assert done.code == 4 and not simulated.circuit.on
    remarks = done.json["remarks"] if "--json" in more else done.out.splitlines()
    assert any("supply gives 0.3 A, its limit is 0.25 A: switched off" in line for line in remarks)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 6), (signal.SIGTERM, 143)])
def test_measure_that_is_ended_keeps_what_was_read(
    shell: Shell, simulated: SimulatedBench, tmp_path: Path, number: int, code: int
):
    asked = simulated.ttys["meter"].machine
    begun, feed, count = threading.Event(), asked.feed, [0]

    def counted(content: bytes) -> bytes:
        count[0] += b"READ?" in content
        if count[0] > 3 and not begun.is_set():
            begun.set()
            os.kill(os.getpid(), number)
        return feed(content)

    asked.feed = counted
    out = tmp_path / "traces.json"
    done = shell("bench", "measure", "--bench", simulated.file, "--for", 60, "-o", out)
    assert begun.is_set() and done.code == code
    assert "meter" in done.out and "wrote" in done.err
    (meter,) = [t for t in json.loads(out.read_text())["traces"] if t["instrument"] == "meter"]
    assert len(meter["value"]) >= 3


def test_a_single_measure_that_is_ended_prints_what_was_read(
    shell: Shell, simulated: SimulatedBench
):
    asked, ended = simulated.ttys["thermometer"].machine, []
    feed = asked.feed

    def ending(content: bytes) -> bytes:
        if b"MEAS:TEMP?" in content and not ended:
            ended.append(content)
            os.kill(os.getpid(), signal.SIGINT)
        return feed(content)

    asked.feed = ending
    done = shell("bench", "measure", "--bench", simulated.file, "--json")
    assert ended and done.code == 6
    names = [one["name"] for one in json.loads(done.out)["readings"]]
    assert names[:3] == ["supply", "supply", "meter"]
