"""Outputs: nothing is switched on without a confirmed limit, and nothing is left on by accident."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.dry_run import dry_bench, sent
from analoop.hw.bench.simulated_bench import DRIVERS, SimulatedBench
from analoop.models.errors import HardwareError, InputError, ViolationsError

Simulate = Callable[..., SimulatedBench]


def opened(simulated: SimulatedBench) -> Bench:
    return Bench(read_bench(simulated.file))


def changed(simulated: SimulatedBench, old: str, new: str) -> SimulatedBench:
    text = simulated.file.read_text()
    assert old in text
    simulated.file.write_text(text.replace(old, new))
    return simulated


def test_without_a_limit_nothing_is_sent_that_switches_on(simulate: Simulate):
    simulated = changed(simulate(), "limit_A = 0.25\n", "")
    for act in (Bench.power_on, Bench.cycle):
        with opened(simulated) as bench, pytest.raises(ViolationsError) as caught:
            act(bench)
        assert caught.value.code == "NO_LIMIT"
        assert not any("OUTP ON" in line for line in bench.log.lines)
    assert simulated.circuit.cycles == 0


@pytest.mark.parametrize("name", ["limit_A", "set_V"])
def test_a_limit_or_a_voltage_that_the_instrument_does_not_take_stops_before_on(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, name: str
):
    simulated = simulate()
    kind = type(simulated.circuit)
    monkeypatch.setattr(
        kind, "__setattr__",
        lambda self, key, value: object.__setattr__(self, key, 3.0 if key == name else value),
    )  # fmt: skip
    with opened(simulated) as bench, pytest.raises(HardwareError) as caught:
        bench.power_on()
    code = "LIMIT_NOT_TAKEN" if name == "limit_A" else "VOLTAGE_NOT_TAKEN"
    assert caught.value.code == code and simulated.circuit.cycles == 0


def test_a_board_that_draws_too_much_at_once_trips_and_is_an_error(simulate: Simulate):
    simulated = simulate()
    simulated.circuit.short = True
    with opened(simulated) as bench, pytest.raises(HardwareError) as caught:
        bench.power_on()
    assert caught.value.code == "OUTPUT_TRIPPED" and not simulated.circuit.on


@pytest.mark.parametrize(
    ("rule", "was_on", "on_after"),
    [
        ("as-found", False, False),
        ("as-found", True, True),
        ("off", True, False),
        ("on", False, True),
    ],
)
def test_at_a_normal_end_outputs_are_as_the_rule_says(
    simulate: Simulate, rule: str, was_on: bool, on_after: bool
):
    simulated = changed(simulate(), "[bench]\n", f'[bench]\nat_exit = "{rule}"\n')
    simulated.circuit.on = was_on
    with opened(simulated) as bench:
        bench.cycle()
        assert simulated.circuit.on
    assert simulated.circuit.on == on_after


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_after_an_exception_what_was_switched_on_is_off(
    simulate: Simulate, error: type[BaseException]
):
    simulated = changed(simulate(), "[bench]\n", '[bench]\nat_exit = "on"\n')
    with pytest.raises(error), opened(simulated) as bench:
        bench.power_on()
        raise error
    assert not simulated.circuit.on


def test_outputs_that_were_only_measured_are_left_alone(simulate: Simulate):
    simulated = simulate()
    simulated.circuit.on = True
    with pytest.raises(RuntimeError), opened(simulated) as bench:
        bench.instruments["supply"].read("current")
        raise RuntimeError
    assert simulated.circuit.on and simulated.circuit.cycles == 0


def test_an_output_that_cannot_be_switched_off_is_said_to_be_on_perhaps(simulate: Simulate):
    simulated = simulate()
    with pytest.raises(HardwareError) as caught, opened(simulated) as bench:
        bench.power_on()
        simulated.ttys["supply"].unplug()
        raise RuntimeError("first")
    assert caught.value.code == "OUTPUT_STATE_UNKNOWN" and "by hand" in str(caught.value)
    assert isinstance(caught.value.__context__, RuntimeError)


def test_a_cycle_switches_off_and_on_with_the_limit_and_pulls_the_reset_line(simulate: Simulate):
    simulated = simulate()
    with opened(simulated) as bench:
        bench.power_on()
        done = bench.cycle()
    assert done == {"supplies": ["supply"], "resets": ["reset"], "off_s": 0.0, "boot_s": 0.0}
    assert simulated.circuit.cycles == 2 and simulated.circuit.resets == 1
    assert simulated.circuit.limit_A == 0.25 and simulated.circuit.protected


def test_without_anything_to_cycle_that_is_said(simulate: Simulate):
    simulated = simulate(drivers={"meter": "scpi-meter"})
    with opened(simulated) as bench:
        for act, code in ((bench.cycle, "NOTHING_TO_CYCLE"), (bench.power_on, "NO_SUPPLY")):
            with pytest.raises(InputError) as caught:
                act()
            assert caught.value.code == code


@pytest.mark.parametrize("supply", ["scpi-supply", "rigol-supply"])
def test_a_dry_run_prints_what_a_real_run_sends_and_sends_nothing(simulate: Simulate, supply: str):
    simulated = simulate(drivers=DRIVERS | {"supply": supply})
    with dry_bench(read_bench(simulated.file)) as dry:
        dry.cycle()
        dry.keep()
    assert simulated.circuit.cycles == 0 and not simulated.circuit.protected
    with opened(simulated) as bench:
        bench.cycle()
        bench.keep()
    commands = [line for line in sent(dry.log) if " > " in line]
    assert commands == [line for line in sent(bench.log) if " > " in line]
    assert any("0.25" in line for line in commands)


def test_a_dry_run_waits_for_nothing_and_says_the_waits(simulate: Simulate):
    simulated = simulate(rules="off_s = 1000.0\nboot_s = 2000.0\n")
    with dry_bench(read_bench(simulated.file)) as dry:
        dry.cycle()
    waits = [line for line in sent(dry.log) if "wait" in line]
    assert waits == ["bench ! wait 1000 s", "bench ! wait 2000 s"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sigterm_switches_off_what_a_program_has_switched_on(simulate: Simulate, number: int):
    simulated = simulate()
    program = f"""
        import time
        from pathlib import Path
        from analoop.deploy.bench_session import open_bench
        with open_bench(Path({str(simulated.file)!r})) as bench:
            bench.power_on()
            print("on", flush=True)
            time.sleep(60)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == "on\n"
        assert simulated.circuit.on
        child.send_signal(number)
        assert child.wait(60) == 128 + number
    assert not simulated.circuit.on and simulated.circuit.cycles == 1
