"""Spike times and currents against the neuron's differential equations solved by scipy.

The runner is the one that is taken by default, in both precisions. The exact solutions were
recorded (`python -m tests.models.battery`); a part of them is solved again here.
"""

from functools import cache

import numpy as np
import pytest

from analoop.models.runner import PRECISIONS, Precision, Runner

from .battery import CIRCUITS, DURATION, battery, currents_of, exact, play, solve, times_of

FIRST = 0.2
"""How much of the exact solution is computed again here [s]."""


@cache
def errors(name: str, dt: float, precision: Precision = "double"):
    """Errors of the times of all spikes [s], and (ours, exact) number of spikes."""
    neurons = battery(name)
    mine = times_of(play(neurons, DURATION, dt, Runner(precision)), len(neurons), dt)
    different, numbers = [], [0, 0]
    for ours, true in zip(mine, exact(name).times, strict=True):
        both = min(len(ours), len(true))
        different.append(ours[:both] - true[:both])
        numbers = [numbers[0] + len(ours), numbers[1] + len(true)]
    return np.concatenate(different), numbers


def rms(name: str, dt: float, precision: Precision = "double") -> float:
    return float(np.sqrt(np.mean(errors(name, dt, precision)[0] ** 2)))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", CIRCUITS)
def test_at_one_millisecond_no_spike_is_missing_or_too_many(name: str, precision):
    ours, true = errors(name, 1e-3, precision)[1]
    assert true > 300, "the battery must spike"
    assert ours == true


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", CIRCUITS)
def test_spike_times_are_right_within_0_15_ms_at_the_default_step(name: str, precision):
    assert rms(name, 1e-3, precision) < 0.15e-3
    assert rms(name, 0.5e-3, precision) < 0.06e-3


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", CIRCUITS)
def test_currents_of_a_quiet_soma_are_right_within_0_05_percent(name: str, precision):
    neurons = battery(name)
    gain = np.array([n.parameters.i_gain_mem for n in neurons])
    ours = currents_of(play(neurons, DURATION, 1e-3, Runner(precision)), gain)
    quiet = [k for k, n in enumerate(neurons) if n.drive == "quiet"]
    assert not any(len(exact(name).times[k]) for k in quiet)
    assert np.allclose(ours[quiet], exact(name).currents[quiet], rtol=5e-4, atol=0)


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_error_is_of_second_order_in_the_step(name: str):
    steps = 1e-3 / 2 ** np.arange(5)
    order = np.polyfit(np.log(steps), np.log([rms(name, dt) for dt in steps]), 1)[0]
    assert 1.8 < order < 2.8


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_record_is_what_scipy_says(name: str):
    sample = [5, -1]
    neurons = battery(name)
    short = [
        neurons[k]._replace(
            trains={d: (t[t < FIRST], w) for d, (t, w) in neurons[k].trains.items()}
        )
        for k in sample
    ]
    for k, times in zip(sample, solve(short, FIRST).times, strict=True):
        recorded = exact(name).times[k]
        assert np.allclose(times, recorded[recorded < FIRST], rtol=0, atol=2e-6)
