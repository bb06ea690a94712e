"""`analoop bench power` when something is wrong, and faults of `analoop bench simulate`."""

import subprocess
import sys
from pathlib import Path

import pytest

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.simulated_bench import SimulatedBench

from .command import Shell


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A simulated bench, off."""
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    rules = "off_s = 0.0\nboot_s = 0.0\n"
    with SimulatedBench(tmp_path, rules=rules, common="timeout_s = 0.5\n") as served:
        yield served


def test_power_off_is_done_whatever_is_wrong_with_the_others(
    shell: Shell, simulated: SimulatedBench
):
    simulated.ttys["meter"].faults.silence = 10_000
    assert shell("bench", "power", "on", "--bench", simulated.file).code == 0, "nobody asks it"
    text = simulated.file.read_text().replace('"scpi-thermometer"', '"thermometre"')
    simulated.file.write_text(text)
    refused = shell("bench", "power", "cycle", "--bench", simulated.file)
    assert refused.code == 2 and "thermometre" in refused.err and simulated.circuit.on
    done = shell("bench", "power", "off", "--bench", simulated.file)
    assert done.code == 0 and "[supply] off" in done.out and not simulated.circuit.on
    assert "warning: [thermometer] needs a driver" in done.err
    simulated.circuit.on = True
    simulated.file.write_text(text.replace("channel = 1", "chanel = 1"))
    done = shell("bench", "power", "off", "--bench", simulated.file)
    assert done.code == 4 and "may be ON" in done.err and "'chanel' is none" in done.err


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("channel = 1\n", ""),
        ("limit_A = 0.25", "limit_a = 0.25"),
        ("voltage_V = 1.8", 'voltage_V = "1.8"'),
        ("channel = 1", 'note = "rack 3"'),
        ("channel = 1", "channel = 1\nshelf = 3"),
    ],
)
def test_a_mistake_that_does_not_say_which_output_keeps_none_on(
    shell: Shell, simulated: SimulatedBench, right: str, wrong: str
):
    text = simulated.file.read_text()
    assert right in text
    simulated.file.write_text(text.replace(right, wrong))
    simulated.circuit.on = True
    done = shell("bench", "power", "off", "--bench", simulated.file)
    assert done.code == 0 and not simulated.circuit.on
    assert ("warning: [supply]" in done.err) == bool(wrong)


@pytest.mark.parametrize("wrong", ["chan = 2", 'channel = "two"', "output = 2", "Channel = 2"])
def test_a_mistake_that_may_name_another_output_switches_none(
    shell: Shell, simulated: SimulatedBench, wrong: str
):
    text = simulated.file.read_text()
    simulated.file.write_text(text.replace("channel = 1", wrong))
    simulated.circuit.on = True
    done = shell("bench", "power", "off", "--bench", simulated.file)
    assert done.code == 4 and "may be ON" in done.err and simulated.circuit.on


def test_outputs_that_cannot_be_read_back_or_told_are_off(
    shell: Shell, simulated: SimulatedBench, monkeypatch: pytest.MonkeyPatch
):
    switch_on = Bench.power_on

    def on_and_silent(bench: Bench) -> None:
        switch_on(bench)
        simulated.ttys["supply"].faults.silence = 3

    with monkeypatch.context() as patch:
        patch.setattr(Bench, "power_on", on_and_silent)
        done = shell("bench", "power", "on", "--bench", simulated.file)
    assert done.code == 4 and "NO_ANSWER" in done.err
    assert not simulated.circuit.on and simulated.circuit.cycles == 1
    program = "from analoop.deploy.cli import main; main()"
    asked = ("bench", "power", "on", "--bench", str(simulated.file))
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, *asked], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert "(STDOUT)" in done.stderr and "Traceback" not in done.stderr and done.returncode
    assert not simulated.circuit.on and simulated.circuit.cycles == 2


def test_power_names_all_problems_of_a_file_however_many(shell: Shell, simulated: SimulatedBench):
    more = "".join(f'[meter{k}]\ndriver = "scpi-meter"\n' for k in range(13))
    simulated.file.write_text(simulated.file.read_text() + more)
    done = shell("bench", "power", "on", "--bench", simulated.file)
    assert done.code == 2 and "more" not in done.err
    assert all(f"[meter{k}]" in done.err for k in range(13))


def test_a_simulated_bench_shows_faults_on_demand(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ANALOOP_LOCKS", str(tmp_path / "locks"))
    asked = ("bench", "simulate", "--folder", tmp_path / "s", "--for", "0.1")
    done = shell(*asked, "--fault", "supply=silent")
    assert done.code == 2 and "thermometer" in done.err and "half" in done.err
    shown: list[str] = []
    monkeypatch.setattr(SimulatedBench, "show", lambda self, fault: shown.append(fault))
    assert shell(*asked, "--fault", "short", "--fault", "meter=half:2").code == 0
    assert shown == ["short", "meter=half:2"]
