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
    # V * I bends between samples, and the cut sees the bend: half an interval at most.
    assert parts == pytest.approx(whole, rel=2e-2)


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


def test_a_lost_reading_widens_the_uncertainty_and_is_counted():
    volts, amperes = constant()
    amperes["lost"] = [[1.0, "NO_ANSWER"]]
    found = energy_of(stamp(volts, amperes), "measured", 1)
    assert found.joules == pytest.approx(0.036) and found.details["lost"] == 1
    assert found.uncertainty_J == pytest.approx(0.018 * 0.05 / ROOT3)


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
