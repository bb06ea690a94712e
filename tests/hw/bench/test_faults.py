"""What goes wrong on a wire, one fault at a time, over real ttys. Each line of the table of faults
in docs/bench.md is a test here: no hang, no lost measurement, never a wrong number."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.measuring import Sampler, measure
from analoop.hw.bench.pseudo_terminal import fault_names
from analoop.hw.bench.scpi_machine import ScpiMachine
from analoop.hw.bench.simulated_bench import DRIVERS, SimulatedBench
from analoop.hw.bench.toy_circuit import AMBIENT_C, KELVIN_PER_WATT
from analoop.models.errors import HardwareError, InputError

from .waiting import until

Simulate = Callable[..., SimulatedBench]

CURRENT_A = 0.0125
"""What the toy board draws in these tests [A]."""
WATTS = 1.8 * CURRENT_A
FOR_EVER = 10_000

ONCE = {
    "silence": "one reply does not come",
    "late": "a reply comes late, in front of the next",
    "garbage": "a line of noise in place of a reply",
    "half": "half a line",
    "doubled": "a reply comes twice",
    "endless": "thousands of characters without an end",
    "wrong_baud": "one reply at another baud rate",
}
"""Faults that pass: the reading is right in the end."""
STAYING = {
    "silence": ("no reply any more", "NO_ANSWER"),
    "garbage": ("nothing but noise", "GARBLED"),
    "wrong_baud": ("the wrong baud rate", "GARBLED"),
    "half": ("half of every line", "GARBLED"),
}
"""Faults that stay, and the code of what is reported."""
OTHERS = (
    "unplugged, and plugged in again",
    "unplugged for good",
    "unplugged, and another instrument plugged in",
    "the instrument does not accept a command",
    "the output trips",
    "more current than the limit, and no trip",
    "a reading out of range",
)


@contextmanager
def running(simulated: SimulatedBench) -> Iterator[tuple[SimulatedBench, Bench]]:
    """A simulated bench that is on, and the open Bench."""
    with Bench(read_bench(simulated.file)) as opened:
        simulated.circuit.demand_A = CURRENT_A
        opened.power_on()
        opened.keep()
        yield simulated, opened


@pytest.fixture
def bench(simulate: Simulate):
    with running(simulate()) as pair:
        yield pair


@pytest.fixture(params=["scpi-supply", "rigol-supply"])
def either(request: pytest.FixtureRequest, simulate: Simulate):
    """With either dialect of the supply."""
    with running(simulate(drivers=DRIVERS | {"supply": request.param})) as pair:
        yield pair


def right(opened: Bench) -> None:
    """Every reading is what the circuit has, or it is lost: never another number."""
    meant = {"voltage": 1.8, "current": CURRENT_A}
    meant["temperature"] = round(AMBIENT_C + KELVIN_PER_WATT * WATTS, 3)
    for reading in measure(opened):
        if reading.value is not None:
            assert reading.value == pytest.approx(meant[reading.quantity], abs=1e-9)
        else:
            assert re.search(r"\([A-Z_]+\)$", reading.cause)


def lost_in(opened: Bench) -> set[str]:
    return {reading.name for reading in measure(opened) if reading.value is None}


@pytest.mark.parametrize("fault", ONCE)
def test_a_fault_that_passes_costs_no_reading(either, fault: str):
    simulated, opened = either
    for who in ("supply", "meter", "thermometer"):
        setattr(simulated.ttys[who].faults, fault, 1)
        assert lost_in(opened) == set()
        assert getattr(simulated.ttys[who].faults, fault) == 0, "it has happened"
    right(opened)


@pytest.mark.parametrize("fault", STAYING)
def test_a_fault_that_stays_loses_the_readings_of_one_instrument_and_says_why(bench, fault: str):
    simulated, opened = bench
    setattr(simulated.ttys["thermometer"].faults, fault, FOR_EVER)
    readings = {(r.name, r.quantity): r for r in measure(opened)}
    lost = readings["thermometer", "temperature"]
    assert lost.value is None and STAYING[fault][1] in lost.cause
    assert readings["meter", "current"].value == pytest.approx(CURRENT_A)
    setattr(simulated.ttys["thermometer"].faults, fault, 0)
    assert lost_in(opened) == set(), "it comes back by itself"
    right(opened)


def test_a_fault_that_stays_in_the_supply_is_an_error_of_a_command(bench):
    simulated, opened = bench
    simulated.ttys["supply"].faults.silence = FOR_EVER
    with pytest.raises(HardwareError) as caught:
        opened.power_off()
    assert caught.value.code == "OUTPUT_STATE_UNKNOWN" and "may be ON" in str(caught.value)
    simulated.ttys["supply"].faults.silence = 0
    opened.power_off()
    assert not simulated.circuit.on


@pytest.mark.parametrize("fault", ["silence", "garbage"])
@pytest.mark.parametrize("before", [b"", b"VOLT"])
def test_a_supply_that_cannot_be_heard_is_switched_off_unseen(either, fault: str, before: bytes):
    simulated, opened = either
    simulated.ttys["supply"].machine.feed(before)
    setattr(simulated.ttys["supply"].faults, fault, FOR_EVER)
    assert "supply" in lost_in(opened), "so that the link is out of step"
    with pytest.raises(HardwareError) as caught:
        opened.power_off()
    assert caught.value.code == "OUTPUT_STATE_UNKNOWN" and "sent unseen" in str(caught.value)
    assert until(lambda: not simulated.circuit.on), "nobody waits for an answer"
    setattr(simulated.ttys["supply"].faults, fault, 0)
    opened.power_on()
    opened.keep()
    right(opened)


def test_what_comes_of_getting_in_step_is_not_blamed_on_the_next_command(bench):
    simulated, opened = bench
    tty, supply = simulated.ttys["supply"], opened.instruments["supply"]
    supply.set_voltage(1.8)
    tty.unplug()
    assert "supply" in lost_in(opened)
    tty.machine.feed(b"FOO")  # half a command, which getting in step ends
    tty.plug_in()
    supply.set_voltage(1.8)
    assert any("errors of before: -113" in line for line in opened.log.lines)


def test_a_cable_that_is_pulled_and_plugged_in_again_costs_no_reading(bench):
    simulated, opened = bench
    for tty in simulated.ttys.values():
        tty.unplug()
        tty.plug_in()
    assert lost_in(opened) == set()
    right(opened)
    simulated.ttys["supply"].faults.unplug_after = 1
    again = threading.Timer(0.1, simulated.ttys["supply"].plug_in)
    again.start()
    readings = [r for r in measure(opened) if r.name == "supply"]
    again.join()
    assert [r.value for r in readings] == pytest.approx([1.8, CURRENT_A])


def test_a_cable_that_stays_out_loses_the_readings_of_one_instrument(bench):
    simulated, opened = bench
    simulated.ttys["meter"].unplug()
    lost = [r for r in measure(opened) if r.value is None]
    assert [r.name for r in lost] == ["meter"] and "UNPLUGGED" in lost[0].cause
    with Sampler(opened) as sampler:
        pass
    kept = [r for r in sampler.traces.readings if r.name == "supply"]
    assert len(kept) >= 4 and all(r.value is not None for r in kept)


def test_another_instrument_at_the_same_port_is_not_read(bench):
    simulated, opened = bench
    tty = simulated.ttys["meter"]
    tty.unplug()
    tty.machine = ScpiMachine("another meter", simulated.circuit, {"READ?": lambda _: "+1.5E+00"})
    tty.plug_in()
    lost = [r for r in measure(opened) if r.value is None]
    assert [r.name for r in lost] == ["meter"] and "OTHER_INSTRUMENT" in lost[0].cause


def test_a_command_that_is_not_accepted_is_an_error_with_the_words_of_the_instrument(
    simulate: Simulate,
):
    simulated = simulate()
    text = simulated.file.read_text().replace("channel = 1", "channel = 3")
    simulated.file.write_text(text)
    with pytest.raises(HardwareError) as caught, Bench(read_bench(simulated.file)) as opened:
        opened.instruments["supply"].protect(0.1)
    assert caught.value.code == "INSTRUMENT_ERROR"
    assert "-222 Data out of range" in str(caught.value) and "CURR 0.1,(@3)" in str(caught.value)
    assert not simulated.circuit.on


@pytest.mark.parametrize("left", [b"FOO\n", b"FOO\nBAR\n", b"VOLT 99999", b"\xff\x00"])
def test_an_error_of_somebody_else_is_not_blamed_on_our_command(simulate: Simulate, left: bytes):
    simulated = simulate()
    simulated.ttys["supply"].path.write_bytes(left)
    with Bench(read_bench(simulated.file)) as opened:
        opened.power_on()
        assert any("errors of before: -" in line for line in opened.log.lines)
        # Half a command is in the instrument, and an answer is lost: getting in step ends the line.
        simulated.ttys["supply"].machine.feed(left.rstrip(b"\n"))
        simulated.ttys["supply"].faults.silence = 1
        opened.instruments["supply"].is_on()
        opened.power_off()
    assert not simulated.circuit.on and simulated.circuit.cycles == 1


def test_faults_can_be_asked_for_by_name(bench):
    simulated, opened = bench
    simulated.show("thermometer=silence")
    assert lost_in(opened) == {"thermometer"}
    simulated.ttys["thermometer"].faults.silence = 0
    simulated.show("garbage:1")
    assert all(tty.faults.garbage == 1 for tty in simulated.ttys.values())
    assert lost_in(opened) == set()
    simulated.show("meter=unplug_after")
    assert lost_in(opened) == {"meter"}
    simulated.show("short")
    opened.instruments["supply"].read("current")
    assert simulated.circuit.tripped
    for odd in ("nonsense", "nobody=silence", "meter=held", "silence:-1", "meter=", ""):
        with pytest.raises(InputError) as caught:
            simulated.show(odd)
        assert caught.value.code == "FAULT" and "wrong_baud" in str(caught.value)


def test_an_output_that_trips_stays_off_until_a_person_clears_it(either):
    simulated, opened = either
    simulated.circuit.short = True
    readings = {(r.name, r.quantity): r.value for r in measure(opened)}
    assert readings["supply", "current"] == readings["meter", "current"] == 0.0
    cycles = simulated.circuit.cycles
    for act in (opened.cycle, opened.power_on):
        with pytest.raises(HardwareError) as caught:
            act()
        assert caught.value.code == "OUTPUT_TRIPPED"
    simulated.circuit.short = False
    with pytest.raises(HardwareError):
        opened.power_on()
    assert simulated.circuit.cycles == cycles and not simulated.circuit.on
    opened.clear()
    opened.power_on()
    opened.keep()
    right(opened)


def test_more_current_than_the_limit_is_switched_off_by_us_if_not_by_the_supply(either):
    simulated, opened = either
    simulated.circuit.protected = False
    simulated.circuit.demand_A = 0.3
    with Sampler(opened) as sampler:
        pass
    assert not simulated.circuit.on
    assert any("OVER_LIMIT" in remark for remark in sampler.traces.remarks)
    assert any(r.value == pytest.approx(0.3) for r in sampler.traces.readings), "it is kept"
    for act in (opened.cycle, opened.power_on):
        with pytest.raises(HardwareError) as caught:
            act()
        assert caught.value.code == "OVER_LIMIT" and not simulated.circuit.on


def test_a_reading_out_of_range_is_lost_as_overload(simulate: Simulate):
    simulated = simulate()
    text = simulated.file.read_text()
    simulated.file.write_text(text.replace("[meter]\n", "[meter]\nrange = 0.001\n"))
    with Bench(read_bench(simulated.file)) as opened:
        opened.power_on()
        simulated.circuit.demand_A = 0.05
        lost = [r for r in measure(opened) if r.value is None]
    assert [r.name for r in lost] == ["meter"] and "(OVERLOAD)" in lost[0].cause


def test_the_table_of_faults_in_the_docs_has_these_and_no_others():
    page = (Path(__file__).parents[3] / "docs" / "bench.md").read_text(encoding="utf-8")
    table = page.partition("## What happens when something fails")[2].partition("\n## ")[0]
    rows = [row.split("|")[1].strip() for row in table.splitlines() if row.startswith("| ")]
    said = {*ONCE.values(), *(words for words, _ in STAYING.values()), *OTHERS}
    assert set(rows[1:]) == said and len(said) >= 10
    assert set(fault_names()) == {*ONCE, *STAYING, "unplug_after"}, "every fault is tried"
