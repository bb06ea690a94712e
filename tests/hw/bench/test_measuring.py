"""Traces over a run, and the watch over currents meanwhile."""

import _thread
import gc
import signal
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from analoop.hw.bench.bench import Bench
from analoop.hw.bench.bench_file import read_bench
from analoop.hw.bench.measuring import Reading, Sampler, Traces, guard, measure
from analoop.hw.bench.simulated_bench import SimulatedBench
from analoop.models.errors import HardwareError

from .waiting import until

Simulate = Callable[..., SimulatedBench]
QUICK = "off_s = 0.0\nboot_s = 0.0\ninterval_s = 0.01\n"


def test_traces_begin_before_the_run_and_end_behind_it(simulate: Simulate):
    with Bench(read_bench(simulate(rules=QUICK).file)) as bench:
        bench.power_on()
        with Sampler(bench) as sampler:
            # The supply's readings are of two quantities.
            wanted = {"supply": 6, "meter": 3, "thermometer": 3}
            assert until(lambda: all(len(readings_of(sampler, n)) >= k for n, k in wanted.items()))
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


def test_a_late_reading_of_before_cannot_switch_off_what_a_power_cycle_has_switched_on(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
):
    simulated, begun = simulate(rules=QUICK), []
    with Bench(read_bench(simulated.file)) as bench:
        bench.power_on()

        def slow(quantity: str) -> float:
            begun.append(quantity)
            time.sleep(0.3)
            return 1.0

        with pytest.raises(RuntimeError), Sampler(bench):
            monkeypatch.setattr(bench.instruments["meter"], "read", slow)
            assert until(lambda: bool(begun))
            raise RuntimeError("the board hangs")
        with pytest.raises(HardwareError) as caught:
            bench.cycle()
        assert caught.value.code == "OVER_LIMIT" and simulated.circuit.cycles == 1
        assert not simulated.circuit.on


def test_a_reading_while_outputs_are_switched_on_is_not_overlooked(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch
):
    simulated, traces = simulate(rules=QUICK), Traces()
    with Bench(read_bench(simulated.file)) as bench:
        supply = bench.instruments["supply"]
        switch, over = supply.switch, Reading("meter", "current", 0.0, 0.3)
        watch = threading.Thread(target=guard, args=(bench, [over], traces))

        def slow(on: bool) -> None:
            if on and not watch.ident:
                watch.start()
                assert until(lambda: bench.blocked is not None)
            switch(on)

        monkeypatch.setattr(supply, "switch", slow)
        with pytest.raises(HardwareError) as caught:
            bench.power_on()
        assert caught.value.code == "OVER_LIMIT" and not simulated.circuit.on
        watch.join()
    assert not simulated.circuit.on and len(traces.remarks) == 1


def test_runs_that_are_over_are_not_held(simulate: Simulate):
    with Bench(read_bench(simulate(rules=QUICK).file)) as bench:
        with Sampler(bench) as ended:
            pass
        with pytest.raises(RuntimeError), Sampler(bench) as failed:
            raise RuntimeError
        bench.power_on()
        bench.cycle()
        left = [weakref.ref(ended), weakref.ref(failed)]
        del ended, failed
        gc.collect()
        assert [sampler() for sampler in left] == [None, None]


@pytest.mark.parametrize("odd", ["0.003", None, float("nan"), float("inf"), 1j, True, 10**400])
def test_a_driver_that_returns_no_number_loses_its_reading_and_holds_nobody(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, odd: object
):
    with Bench(read_bench(simulate(rules=QUICK).file)) as bench:
        monkeypatch.setattr(bench.instruments["meter"], "read", lambda quantity: odd)
        with Sampler(bench) as sampler:
            assert until(lambda: len(readings_of(sampler, "meter")) > 2), "it goes on"
    assert all(r.value is None and "(DRIVER)" in r.cause for r in readings_of(sampler, "meter"))
    assert all(r.value is not None for r in readings_of(sampler, "supply"))


def test_a_reading_of_numpy_is_a_number(simulate: Simulate, monkeypatch: pytest.MonkeyPatch):
    with Bench(read_bench(simulate().file)) as bench:
        monkeypatch.setattr(bench.instruments["meter"], "read", lambda quantity: np.float32(0.5))
        (meter,) = [r for r in measure(bench) if r.name == "meter"]
    assert type(meter.value) is float and meter.value == 0.5


def test_a_run_begins_without_an_instrument_that_is_dead_and_the_next_asks_it_not_at_once(
    simulate: Simulate,
):
    simulated = simulate(rules=QUICK)
    with Bench(read_bench(simulated.file)) as bench:
        simulated.ttys["thermometer"].faults.silence = 10_000
        with Sampler(bench) as first:
            assert readings_of(first, "thermometer") == [], "it is still waited for"
            assert readings_of(first, "meter") and readings_of(first, "supply")
        with Sampler(bench) as second:
            (lost, *_) = readings_of(second, "thermometer")
    assert lost.cause.startswith("not asked again yet ")


def test_a_signal_during_the_first_readings_ends_the_threads(
    simulate: Simulate, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
):
    simulated = simulate(rules=QUICK)
    bench = Bench(read_bench(simulated.file))
    sampler, room = Sampler(bench), bench.instruments["thermometer"]
    # A background job of a shell inherits a SIGINT that is ignored: give it Python's own.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with pytest.raises(KeyboardInterrupt), bench:
        bench.power_on()
        monkeypatch.setattr(
            room, "read", lambda quantity: _thread.interrupt_main() or time.sleep(1)
        )
        with sampler:  # where the machine is busy, the first reading ends behind the waiting for it
            until(lambda: False)
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
    assert remark.startswith(
        "meter reads 0.3 A on rail rail, above the limit of supply, 0.25 A: switched off"
    )


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
        (remark,) = traces.remarks
        assert "supply may be ON" in remark and "switched off" not in remark
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
