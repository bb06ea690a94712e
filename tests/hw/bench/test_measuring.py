"""Traces over a run, and the toy board that draws what its spikes say."""

import _thread
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.measuring import Reading, Sampler, Traces, guard, measure
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.bench.toy_model import EVENT_J, STATIC_A, drawn_A, stepped

Simulate = Callable[..., SimulatedBench]
QUICK = "off_s = 0.0\nboot_s = 0.0\ninterval_s = 0.01\n"


def test_traces_begin_before_the_run_and_end_behind_it(simulate: Simulate):
    with Bench(read_bench(simulate(rules=QUICK).file)) as bench:
        bench.power_on()
        with Sampler(bench) as sampler:
            time.sleep(0.3)
        record = sampler.traces.record(bench)
    start, end = sampler.window_s
    assert {(t["instrument"], t["quantity"]) for t in record["traces"]} == {
        ("supply", "voltage"), ("supply", "current"), ("meter", "current"),
        ("thermometer", "temperature"),
    }  # fmt: skip
    for trace in record["traces"]:
        assert trace["time_s"] == sorted(trace["time_s"]) and len(trace["value"]) >= 3
        assert trace["time_s"][0] <= start < end <= trace["time_s"][-1]
        assert trace["simulated"] and trace["lost"] == []


def test_readings_that_are_lost_are_in_the_trace_with_their_cause(simulate: Simulate):
    simulated = simulate(rules=QUICK)
    with Bench(read_bench(simulated.file)) as bench:
        with Sampler(bench) as sampler:
            simulated.ttys["thermometer"].unplug()
            time.sleep(0.05)
        traces = sampler.traces.record(bench)["traces"]
    lost = {trace["instrument"]: trace["lost"] for trace in traces}
    assert lost["thermometer"] and all("UNPLUGGED" in cause for _, cause in lost["thermometer"])
    assert lost["supply"] == lost["meter"] == []


def test_a_driver_that_raises_anything_costs_its_own_reading_only(simulate: Simulate, monkeypatch):
    with Bench(read_bench(simulate().file)) as bench:
        monkeypatch.setattr(bench.instruments["meter"], "read", lambda quantity: 1 / 0)
        lost = [r for r in measure(bench) if r.value is None]
    assert [r.name for r in lost] == ["meter"] and "ZeroDivisionError" in lost[0].cause


def until(true: Callable[[], bool]) -> bool:
    """Wait for something that has to come."""
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.002)
    return true()


def test_a_silent_instrument_delays_neither_the_others_nor_the_watch_over_currents(
    simulate: Simulate,
):
    simulated = simulate(rules=QUICK)
    simulated.file.write_text(_with_timeout(simulated.file.read_text(), "thermometer", 1.0))
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        with Sampler(bench) as sampler:
            simulated.ttys["thermometer"].faults.silence = 10_000
            assert until(lambda: simulated.ttys["thermometer"].faults.silence < 10_000)
            room = len(readings_of(sampler, "thermometer"))
            seen = len(readings_of(sampler, "meter"))
            assert until(lambda: len(readings_of(sampler, "meter")) > seen + 10)
            simulated.circuit.protected, simulated.circuit.demand_A = False, 0.3
            assert until(lambda: not simulated.circuit.on)
            assert len(readings_of(sampler, "thermometer")) == room, "it is still waited for"
            assert until(lambda: len(readings_of(sampler, "thermometer")) > room + 3)
    lost = [r.cause for r in readings_of(sampler, "thermometer") if r.value is None]
    assert len(lost) > 3 and all("(NO_ANSWER)" in cause for cause in lost)
    assert any(cause.startswith("not asked again yet ") for cause in lost[1:])


def readings_of(sampler: Sampler, name: str) -> list[Reading]:
    return [reading for reading in list(sampler.traces.readings) if reading.name == name]


def _with_timeout(text: str, name: str, timeout_s: float) -> str:
    before, _, after = text.partition(f"[{name}]")
    return f"{before}[{name}]{after.replace('timeout_s = 0.2', f'timeout_s = {timeout_s}', 1)}"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError])
def test_after_an_exception_no_reading_comes_before_the_outputs_are_off(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
):
    simulated, off = simulate(rules=QUICK), []
    with pytest.raises(stop), Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        with Sampler(bench):
            read = lambda quantity: off.append(until(lambda: not simulated.circuit.on)) or 0.0  # noqa: E731
            monkeypatch.setattr(bench.instruments["meter"], "read", read)
            time.sleep(0.05)
            raise stop
    assert off == [True], "the reading that was under way; no other was begun"


def test_a_signal_during_the_first_readings_ends_the_threads(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
):
    simulated = simulate(rules=QUICK)
    bench = Bench(read_bench(simulated.file))
    sampler, room = Sampler(bench), bench.instruments["thermometer"]
    with pytest.raises(KeyboardInterrupt), bench:
        bench.power_on()
        monkeypatch.setattr(
            room, "read", lambda quantity: _thread.interrupt_main() or time.sleep(1)
        )
        with sampler:
            raise AssertionError("not reached")
    assert not simulated.circuit.on and not any(t.is_alive() for t in sampler._threads)


def test_a_meter_of_the_rail_has_an_output_switched_off_that_its_supply_would_leave_on(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
):
    simulated = simulate(rules=QUICK)
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        read = bench.instruments["supply"].read
        low = lambda quantity: min(read(quantity), 0.1 if quantity == "current" else 9.0)  # noqa: E731
        monkeypatch.setattr(bench.instruments["supply"], "read", low)
        simulated.circuit.protected, simulated.circuit.demand_A = False, 0.3
        with Sampler(bench) as sampler:
            assert until(lambda: not simulated.circuit.on)
    (remark,) = sampler.traces.remarks
    assert remark.startswith("meter reads 0.3 A: supply gives 0.3 A, its limit is 0.25 A")


@pytest.mark.parametrize(
    ("rail", "drawn_A", "on"), [("rail", -0.3, False), ("rail", 0.25, True), ("io", 0.3, True)]
)
def test_a_current_counts_in_either_direction_and_on_its_own_rail(
    simulate: Simulate, rail: str, drawn_A: float, on: bool
):
    simulated, traces = simulate(rules=QUICK), Traces()
    text = simulated.file.read_text()
    simulated.file.write_text(text.replace("[meter]\n", f'[meter]\nrail = "{rail}"\n'))
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        guard(bench, [Reading("meter", "current", 0.0, drawn_A)], traces)
        assert simulated.circuit.on == on and bool(traces.remarks) != on


def test_an_output_that_cannot_be_switched_off_is_said_and_not_for_ever(simulate: Simulate):
    simulated, traces = simulate(rules=QUICK), Traces()
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        bench.keep()
        simulated.ttys["supply"].unplug()
        over = Reading("meter", "current", 0.0, 0.3)
        guard(bench, [over], traces)
        assert any("supply may be ON" in remark for remark in traces.remarks)
    for _ in range(1000):
        traces.remark("once more")
    assert len(traces.remarks) == 100


def test_a_reading_has_the_time_of_the_attempt_that_gave_it(simulate: Simulate):
    simulated = simulate()
    with Bench(read_bench(simulated.file)) as bench:
        simulated.ttys["meter"].faults.silence = 1
        asked = time.monotonic()
        (late,) = [r for r in measure(bench, lambda at_s: at_s) if r.name == "meter"]
        begun, ended = bench.links["meter"].answered_s
    assert late.value is not None and late.time_s == (begun + ended) / 2
    assert late.time_s - asked > 0.2, "the first attempt was waited for as long as that"


def test_who_is_simulated_and_who_nobody_knows(simulate: Simulate):
    with Bench(read_bench(simulate().file)) as bench:
        meter, room = bench.links["meter"], bench.links["thermometer"]
        assert all(trace["simulated"] is True for trace in Traces().record(bench)["traces"])
        assert meter.identity is not None
        meter.identity, room.identity = replace(meter.identity, maker="Keysight"), None
        found = {t["instrument"]: t for t in Traces().record(bench)["traces"]}
        assert found["meter"]["simulated"] is False and found["supply"]["simulated"] is True
        assert found["thermometer"]["simulated"] is None is found["thermometer"]["identity"]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50), st.floats(1e-3, 1.0))
def test_the_toy_board_draws_its_rest_and_every_spike(spikes: list[int], step_s: float):
    volts = 1.8
    energy = (drawn_A(np.array(spikes), step_s, volts) * volts * step_s).sum()
    assert energy == pytest.approx(volts * STATIC_A * step_s * len(spikes) + EVENT_J * sum(spikes))
    assert not drawn_A(np.array(spikes), step_s, 0.0).any()


def test_the_toy_board_is_measured_step_by_step_over_the_wire(simulate: Simulate):
    simulated = simulate(rules=QUICK)
    times = np.array([0.005, 0.015, 0.0151, 0.03])
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        traces, step_s = stepped(bench, times, 0.04)
        (meter,) = [t for t in traces.record(bench)["traces"] if t["instrument"] == "meter"]
    assert step_s == pytest.approx(0.01)
    assert meter["time_s"] == pytest.approx([0, 0.005, 0.015, 0.025, 0.035, 0.04])
    counts = np.array([1, 1, 2, 0, 1, 1])
    assert meter["value"] == pytest.approx(STATIC_A + EVENT_J * counts / 0.01 / 1.8, rel=1e-7)
    assert simulated.circuit.demand_A == STATIC_A, "it rests afterwards"


def test_a_toy_load_that_fails_is_a_remark_and_no_error(simulate: Simulate):
    simulated = simulate(rules=QUICK)
    with Bench(read_bench(simulated.file)) as bench:
        traces, _ = stepped(bench, np.zeros(0), 0.04)
        assert any("output is off" in remark for remark in traces.remarks)
        simulated.ttys["load"].unplug()
        traces, _ = stepped(bench, np.zeros(0), 0.04)
    assert any("UNPLUGGED" in remark for remark in traces.remarks)


def test_a_silent_instrument_is_not_waited_for_at_every_step_of_the_toy_board(simulate: Simulate):
    simulated = simulate(rules=QUICK)
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()
        simulated.ttys["thermometer"].faults.silence = 10_000
        traces, _ = stepped(bench, np.zeros(0), 0.2)
        found = {t["instrument"]: t for t in traces.record(bench)["traces"]}
    causes = [cause for _, cause in found["thermometer"]["lost"]]
    assert len(causes) == 22 and all("(NO_ANSWER)" in cause for cause in causes)
    assert any(cause.startswith("not asked again yet ") for cause in causes)
    assert len(found["meter"]["value"]) == 22
