"""Outputs: nothing is switched on without a confirmed limit, and nothing is left on by accident."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

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


@pytest.mark.parametrize("supply", ["scpi-supply", "rigol-supply"])
@pytest.mark.parametrize(
    "line", ["channel = 2", "voltage_V = 12.0", "limit_A = 8.0", "limit_A = 0.001"]
)
def test_a_dry_run_takes_what_the_driver_takes(simulate: Simulate, supply: str, line: str):
    simulated = simulate(drivers={"supply": supply})
    key = line.split()[0]
    text = simulated.file.read_text().splitlines()
    simulated.file.write_text("\n".join(line if x.startswith(f"{key} ") else x for x in text))
    with dry_bench(read_bench(simulated.file)) as dry:
        dry.cycle()
        dry.keep()
    assert simulated.circuit.cycles == 0 and any(" ON" in x or ",ON" in x for x in sent(dry.log))


def test_a_dry_run_pulls_a_line_of_a_port_that_is_not_there(tmp_path: Path):
    file = tmp_path / "bench.toml"
    file.write_text('[reset]\ndriver = "line"\nport = "serial:MCU42"\npulse_s = 0.0\n')
    with dry_bench(read_bench(file)) as dry:
        dry.cycle()
    assert sent(dry.log)[:2] == ["reset ! dtr high", "reset ! dtr low"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sigterm_switches_off_what_a_program_has_switched_on(simulate: Simulate, number: int):
    simulated = simulate()
    program = f"""
        import time
        from pathlib import Path
        from analoop.deploy.bench_session import open_bench
        from analoop.hw.bench.bench_file import read_bench
        with open_bench(read_bench(Path({str(simulated.file)!r}))) as bench:
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


def deaf_to(simulated: SimulatedBench, words: bytes, times: int) -> None:
    """The supply takes no notice of a command, so many times."""
    machine = simulated.ttys["supply"].machine
    feed, left = machine.feed, [times]

    def heard(content: bytes) -> bytes:
        if words in content and left[0]:
            left[0] -= 1
            return b""
        return feed(content)

    machine.feed = heard


def test_a_signal_while_outputs_are_switched_off_does_not_leave_them_on(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
):
    simulated = simulate()
    with opened(simulated) as bench:
        bench.power_on()
        supply, stops = bench.instruments["supply"], [SystemExit(143)]
        switch = supply.switch
        monkeypatch.setattr(
            supply, "switch", lambda on: switch(on) if not stops else raising(stops.pop())
        )
        with pytest.raises(SystemExit):
            bench.power_off()
        assert not simulated.circuit.on


def raising(error: BaseException) -> None:
    raise error


def test_an_output_is_off_when_it_says_so_and_is_told_twice(simulate: Simulate):
    simulated = simulate()
    with opened(simulated) as bench:
        bench.power_on()
        bench.keep()
        deaf_to(simulated, b"OUTP OFF", 1)
        bench.power_off()
        assert not simulated.circuit.on, "a command that was bent on its way is given again"
        bench.power_on()
        deaf_to(simulated, b"OUTP OFF", 99)
        with pytest.raises(HardwareError) as caught:
            bench.block(bench.section("supply"), HardwareError("too much", code="OVER_LIMIT"))
        assert caught.value.code == "OUTPUT_NOT_OFF" and simulated.circuit.on
        bench.keep()


def test_an_instrument_that_grumbles_and_obeys_is_off(simulate: Simulate):
    simulated = simulate()
    machine = simulated.ttys["supply"].machine
    with opened(simulated) as bench:
        bench.power_on()
        feed = machine.feed

        def grumbling(content: bytes) -> bytes:
            if b"OUTP OFF" in content:
                machine.errors.append((-350, "Queue overflow"))
            return feed(content)

        machine.feed = grumbling
        bench.power_off()
        assert not simulated.circuit.on


def test_off_reaches_every_supply_that_is_there_and_names_the_others(simulate: Simulate):
    simulated = simulate(drivers={"core": "scpi-supply", "io": "rigol-supply"})
    text = simulated.file.read_text().replace("limit_A", "limit_a")
    text += '[memory]\ndriver = "scpi-suply"\nport = "/dev/ttyUSB9"\nlimit_A = 0.1\n'
    simulated.file.write_text(text)
    simulated.circuit.on = True
    simulated.ttys["core"].faults.silence = 1000
    plan = read_bench(simulated.file)
    with Bench(plan.outputs(), whole=False) as bench, pytest.raises(HardwareError) as caught:
        bench.power_off()
    said = str(caught.value)
    assert caught.value.code == "OUTPUT_STATE_UNKNOWN" and not simulated.circuit.on
    assert "core did not answer" in said and "scpi-suply" in said and "io" not in said
    with Bench(plan.outputs(), whole=False) as bench, pytest.raises(ViolationsError):
        bench.power_on()
    assert simulated.circuit.cycles == 0
