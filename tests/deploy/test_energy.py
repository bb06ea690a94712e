"""Joules from traces: against integrals done by hand, with an uncertainty that errors do have, and
under a label that nobody can mistake."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy.energy import (
    ESTIMATED,
    MEASURED,
    SIMULATED,
    EventConstants,
    energy_of,
    estimate,
)
from analoop.models import InputError, Recording

ROOT3 = 3**0.5


def trace(quantity: str, time_s, value, capability="supply", simulated=False, **more) -> dict:
    identity = {"maker": "M", "model": capability, "serial": "1", "firmware": "1"}
    return {
        "instrument": capability,
        "capability": capability,
        "rail": "core",
        "quantity": quantity,
        "identity": identity,
        "simulated": simulated,
        "accuracy": {"share": 0.0, "constant": 0.0},
        "time_s": list(time_s),
        "value": list(value),
        "lost": [],
    } | more


def stamp(*traces: dict, window=(0.0, 2.0)) -> dict:
    return {"traces": list(traces), "window_s": window, "time_base": "host", "toy_model": None}


TIME = np.linspace(-0.1, 2.1, 45)


def constant(**more) -> list[dict]:
    return [
        trace("voltage", TIME, np.full(45, 1.8), **more),
        trace("current", TIME, np.full(45, 0.01), **more),
    ]


def test_constant_power_over_a_time_is_their_product_however_it_was_sampled():
    found = energy_of(stamp(*constant()), "measured", 10)
    assert found.joules == pytest.approx(1.8 * 0.01 * 2.0, rel=1e-12)
    assert found.uncertainty_J == 0.0 and found.label == MEASURED
    record = found.record()
    assert record["joules_per_inference"] == pytest.approx(0.0036)
    odd = [trace("voltage", [0, 2], [1.8, 1.8]), trace("current", [-1, 0.7, 3], [0.01] * 3)]
    assert energy_of(stamp(*odd), "measured", 1).joules == pytest.approx(0.036)


def test_a_sine_is_integrated_as_mathematics_does_it():
    time = np.linspace(0, 2, 4001)
    current = 0.01 + 0.005 * np.sin(np.pi * time / 2)
    traces = trace("voltage", [0, 2], [2.0, 2.0]), trace("current", time, current)
    found = energy_of(stamp(*traces), "measured", 1)
    assert found.joules == pytest.approx(2 * (0.02 + 0.005 * 4 / np.pi), rel=1e-6)


@given(st.floats(0.1, 1.0), st.floats(0.5, 2.0), st.integers(3, 40))
def test_a_run_cut_in_two_has_the_energy_of_the_whole(cut: float, end: float, samples: int):
    time = np.linspace(-0.5, 3, samples)
    traces = [
        trace("voltage", time, 1.8 + 0.1 * np.cos(7 * time)),
        trace("current", time, 0.01 + 0.003 * np.sin(5 * time)),
    ]

    def joules(start: float, stop: float) -> float:
        found = energy_of(stamp(*traces, window=(start, stop)), "measured", 1).joules
        assert found is not None
        return found

    whole = joules(0.0, 2.0 + end) if 2.0 + end <= 3 else joules(0.0, 3.0)
    last = min(2.0 + end, 3.0)
    parts = joules(0.0, cut) + joules(cut, last)
    assert parts == pytest.approx(whole, rel=1e-12)


def test_the_uncertainty_of_an_accuracy_is_what_errors_of_that_size_do():
    """Instruments drawn at random within their limits of error, each with one error for a run."""
    chance = np.random.default_rng(1)
    volts, amperes = constant()
    volts["accuracy"] = {"share": 0.01, "constant": 0.02}
    amperes["accuracy"] = {"share": 0.03, "constant": 0.0005}
    found = energy_of(stamp(volts, amperes), "measured", 1)
    error_V = chance.uniform(-1, 1, 200_000) * (0.01 * 1.8 + 0.02)
    error_A = chance.uniform(-1, 1, 200_000) * (0.03 * 0.01 + 0.0005)
    drawn = (1.8 + error_V) * (0.01 + error_A) * 2.0
    assert found.uncertainty_J == pytest.approx(drawn.std(), rel=0.01)
    parts = found.details["uncertainty_parts_J"]
    assert parts["voltage"] == pytest.approx(0.038 * 0.01 * 2 / ROOT3)
    assert parts["current"] == pytest.approx(0.0008 * 1.8 * 2 / ROOT3)
    assert parts["sampling"] == 0.0


def test_the_uncertainty_of_sampling_covers_what_may_lie_between_two_samples():
    """A current that jumps at a random moment between samples, seen by none of them."""
    chance = np.random.default_rng(2)
    time = np.linspace(0, 2, 9)
    moments = chance.uniform(1.0, 1.25, 100_000)
    meant = 1.0 * (0.01 * moments + 0.02 * (2 - moments))
    traces = (
        trace("voltage", [0, 2], [1.0, 1.0]),
        trace("current", time, np.where(time > 1.0, 0.02, 0.01)),
    )
    found = energy_of(stamp(*traces), "measured", 1)
    assert found.joules == pytest.approx(meant.mean(), rel=1e-3)
    assert found.uncertainty_J == pytest.approx(meant.std(), rel=0.01)


def test_a_jump_counts_by_the_gap_of_its_own_trace_however_the_other_was_sampled():
    """1 V, and a current that jumps from 0 to 1 A between two of its readings, 0.2 s apart."""
    time = np.arange(-1, 12) * 0.2
    amperes = trace("current", time, (time > 0.9).astype(float))
    for moments in (
        time,
        time + 0.05,
        time - 0.1,
        np.linspace(-0.9, 2.9, 101),
        np.linspace(-0.9, 2.9, 1001),
    ):
        moments = [-1, *moments, 3]  # covers the window
        volts = trace("voltage", moments, np.ones(len(moments)))
        for found in (volts, amperes), (swapped(volts), swapped(amperes)):
            energy = energy_of(stamp(*found), "measured", 1)
            assert energy.uncertainty_J == pytest.approx(0.2 * 0.5 / ROOT3)
            assert energy.joules == pytest.approx(1.1)


def swapped(one: dict) -> dict:
    """The same numbers as the other quantity."""
    return one | {"quantity": {"voltage": "current", "current": "voltage"}[one["quantity"]]}


VALUES = st.lists(st.floats(0, 2), min_size=3, max_size=12)


@given(VALUES, VALUES, st.lists(st.floats(0, 2), max_size=20))
def test_points_on_the_straight_lines_of_a_trace_change_nothing_of_the_other(
    volts: list[float], amperes: list[float], more: list[float]
):
    time, other = (np.linspace(-0.1, 2.1, len(values)) for values in (volts, amperes))
    denser = np.union1d(time, more)
    flat = np.full(len(time), volts[0])
    jumps = trace("current", other, amperes, accuracy={"share": 0.01, "constant": 0.1})

    def found(moments: np.ndarray, values: np.ndarray):
        one = trace("voltage", moments, np.interp(moments, time, values))
        energy = energy_of(stamp(one, jumps), "measured", 1)
        return energy.joules, energy.details["uncertainty_parts_J"]

    before, parts = found(time, np.array(volts))
    after, same = found(denser, np.array(volts))
    assert after == pytest.approx(before) and same["current"] == pytest.approx(parts["current"])
    assert found(denser, flat)[1] == pytest.approx(found(time, flat)[1])


def steps(chance: np.random.Generator, low: float, high: float) -> np.ndarray:
    """A signal of 1,000 moments that jumps now and then, not twice within 40."""
    jumps = np.arange(6) * 180 + chance.integers(0, 140, 6)
    return chance.uniform(low, high, 7)[np.searchsorted(jumps, np.arange(1000), side="right")]


@pytest.mark.parametrize("cause", ["the current", "one and the other", "both at once"])
@pytest.mark.parametrize("lost", [0, 3])
def test_signals_that_jump_are_within_their_uncertainty_nearly_always(cause: str, lost: int):
    chance, time, error, u = np.random.default_rng(5), np.arange(1000) / 1000, [], []
    for _ in range(400):
        current = steps(chance, 0.0, 0.02)
        volts = {
            "the current": np.full(1000, 1.8),
            "one and the other": steps(chance, 1.0, 2.0),
            "both at once": 1.0 + 50 * current,
        }[cause]
        traces = []
        for quantity, signal in ("voltage", volts), ("current", current):
            seen = np.r_[0, int(chance.integers(1, 40)) : 999 : 40, 999]
            gone = chance.choice(seen[1:-1], lost, replace=False)
            left, missing = np.setdiff1d(seen, gone), [[time[k], "NO_ANSWER"] for k in gone]
            traces.append(trace(quantity, time[left], signal[left], lost=missing))
        found = energy_of(stamp(*traces, window=(0.0, 0.999)), "measured", 1)
        error.append(found.joules - (volts * current)[:-1].sum() / 1000)
        u.append(found.uncertainty_J)
    error, u = np.abs(error), np.array(u)
    assert np.mean(error <= 2 * u + 1e-12) > 0.95 and np.mean(error <= 3 * u + 1e-12) > 0.98
    ratio = np.sqrt(np.mean(error**2) / np.mean(u**2))
    assert ratio < 1.2 and (lost or ratio > 0.8), "and no larger than it has to be"


@given(st.floats(0, 0.9), st.floats(0.05, 1), st.floats(0, 1), st.booleans())
def test_a_window_within_one_gap_holds_whatever_lies_between_both_readings(
    start: float, length: float, jump: float, up: bool
):
    end = min(start + length, 1.0)
    first, last = (0.0, 1.0) if up else (1.0, 0.0)
    meant = first * max(0.0, min(end, jump) - start) + last * max(0.0, end - max(start, jump))
    traces = trace("voltage", [0, 1], [1.0, 1.0]), trace("current", [0, 1], [first, last])
    found = energy_of(stamp(*traces, window=(start, end)), "measured", 1)
    assert found.joules is not None and found.uncertainty_J is not None
    assert abs(found.joules - meant) <= ROOT3 * found.uncertainty_J * (1 + 1e-9)


def test_lost_readings_widen_the_whole_gap_between_the_good_ones_and_are_counted():
    """1 W, and 1 s without a current: it may have been anything from 0 to the largest seen."""
    time = [-0.2, 0.0, 0.2, 0.4, 1.4, 1.6, 1.8, 2.0]
    lost = [[at, "NO_ANSWER"] for at in (0.6, 0.8, 1.0, 1.2)]
    volts = trace("voltage", np.linspace(-1, 3, 21), np.ones(21))
    amperes = trace("current", time, np.ones(8), lost=lost)
    found = energy_of(stamp(volts, amperes), "measured", 1)
    assert found.joules == pytest.approx(2.0) and found.details["lost"] == 4
    assert found.uncertainty_J == pytest.approx(1.0 * 1.0 / ROOT3)
    late = energy_of(stamp(volts, amperes, window=(1.3, 2.0)), "measured", 1)
    assert late.uncertainty_J == pytest.approx(0.1 / ROOT3), "lost before it, in a gap of it"


def test_readings_that_do_not_cover_the_run_give_no_energy_and_the_cause():
    volts, amperes = constant()
    late = trace("current", TIME[10:], np.full(35, 0.01))
    for traces, code in [
        ((volts, late), "NOT_COVERED"),
        ((volts,), "NO_POWER"),
        ((), "NO_POWER"),
        ((volts, amperes | {"time_s": [], "value": []}), "NOT_COVERED"),
    ]:
        found = energy_of(stamp(*traces), "measured", 1)
        assert (found.label, found.joules, found.details["code"]) == ("", None, code)
        assert found.record()["joules_per_inference"] is None


@pytest.mark.parametrize(
    ("target", "simulated", "label"),
    [
        ("measured", False, MEASURED),
        ("simulated", True, SIMULATED),
        ("measured", True, ""),
        ("simulated", False, ""),
    ],
)
def test_only_a_real_meter_at_a_real_board_has_measured(target: str, simulated: bool, label: str):
    found = energy_of(stamp(*constant(simulated=simulated)), target, 1)
    assert found.label == label and (found.joules is None) == (label == "")
    half = [constant()[0], constant(simulated=True)[1]]
    assert energy_of(stamp(*half), target, 1).joules is None


@pytest.mark.parametrize("target", ["measured", "simulated"])
def test_an_instrument_that_does_not_say_who_it_is_has_measured_nothing(target: str):
    volts, amperes = constant(simulated=target == "simulated")
    found = energy_of(stamp(volts, amperes | {"simulated": None, "identity": None}), target, 1)
    assert found.joules is None and found.label == "" and found.details["code"] == "NAMELESS"


def test_two_supplies_of_one_rail_are_no_energy_as_one_would_be_left_out():
    second = [trace | {"instrument": "second"} for trace in constant()]
    found = energy_of(stamp(*constant(), *second), "measured", 1)
    assert found.joules is None and found.details["code"] == "RAIL_TWICE"
    assert "supply and second" in found.details["cause"]


def test_what_is_missing_for_an_energy_is_said():
    for traces, words in [(constant()[:1], "'core' has one"), ((), "nothing here reads either")]:
        assert words in energy_of(stamp(*traces), "measured", 1).details["cause"]


def test_a_meter_goes_before_the_read_back_of_the_supply_and_rails_add_up():
    volts, amperes = constant()
    meter = trace("current", TIME, np.full(45, 0.02), "meter")
    found = energy_of(stamp(volts, meter, amperes), "measured", 1)
    assert found.joules == pytest.approx(0.072)
    assert any("meter" in by for by in found.details["by"])
    other = [t | {"rail": "io", "instrument": "io"} for t in constant()]
    both = energy_of(stamp(volts, amperes, *other), "measured", 1)
    assert both.details["rails"] == pytest.approx({"core": 0.036, "io": 0.036})
    assert both.joules == pytest.approx(0.072)


def recording() -> Recording:
    return Recording(
        ("a", "b"), np.array([100_000, 200_000]), np.array([0, 0, 1]), np.array([1, 2, 3]),
        np.array([0, 1, 1]), {"words": 7}, {"name": "x", "target": "measured"}, {},
    )  # fmt: skip


def test_an_estimate_counts_and_never_bears_another_label():
    found = estimate(recording(), EventConstants(0.5, 1e-3, 1e-4))
    assert found.joules == pytest.approx(0.5 * 0.3 + 3e-3 + 7e-4)
    assert found.uncertainty_J is None and found.label == ESTIMATED
    assert len({MEASURED, SIMULATED, ESTIMATED}) == 3 and "measured" not in ESTIMATED
    assert found.details["constants"]["basis"] == "user-supplied"


@pytest.mark.parametrize("constants", [(-1.0, 1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_constants_that_make_no_sense_are_refused(constants: tuple[float, float]):
    with pytest.raises(InputError) as caught:
        EventConstants(*constants)
    assert caught.value.code == "EVENT_CONSTANTS"
