"""The toy board, which draws what its spikes say."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.hw.bench.toy_model import EVENT_J, STATIC_A, drawn_A, stepped

Simulate = Callable[..., SimulatedBench]
QUICK = "off_s = 0.0\nboot_s = 0.0\ninterval_s = 0.01\n"


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
