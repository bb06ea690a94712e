"""Traces over a run, and the toy board that draws what its spikes say."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.measuring import Sampler, measure
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
