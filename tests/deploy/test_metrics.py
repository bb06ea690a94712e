"""Metrics against plain loops over the events."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analoop.deploy.metrics import (
    accuracy_interval,
    first_spikes_us,
    intervals,
    latencies_us,
    mean_rate_hz,
    rates_hz,
    response_correlation,
)
from analoop.models.recording import Recording

SPIKES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 49_999), st.integers(0, 3)), max_size=40
)
"""(trial, time, neuron)."""


def recorded(spikes: list[tuple[int, int, int]]) -> Recording:
    names = tuple(f"neuron {k} of 'a'" for k in range(4))
    trial, time, neuron = np.array(sorted(spikes), np.int64).reshape(-1, 3).T
    return Recording(names, np.full(3, 50_000), trial, time, neuron, {}, {}, {})


@given(SPIKES)
def test_rates_latencies_and_intervals_are_those_of_the_events(
    spikes: list[tuple[int, int, int]],
) -> None:
    recording = recorded(spikes)
    found = intervals(recording)
    first = first_spikes_us(recording)
    for neuron in range(4):
        trains = [
            sorted(t for k, t, n in spikes if n == neuron and k == trial) for trial in range(3)
        ]
        gaps = [b - a for train in trains for a, b in zip(train, train[1:], strict=False)]
        starts = [train[0] for train in trains if train]
        total = sum(map(len, trains))
        assert rates_hz(recording)[neuron] == pytest.approx(total / 0.15)
        assert found.number[neuron] == len(gaps)
        for value, wanted in (
            (found.mean_us[neuron], np.mean(gaps) if gaps else None),
            (latencies_us(recording)[neuron], np.mean(starts) if starts else None),
        ):
            assert np.isnan(value) if wanted is None else value == pytest.approx(wanted)
        if len(gaps) > 1 and np.mean(gaps) > 0:
            assert found.cv[neuron] == pytest.approx(np.std(gaps, ddof=1) / np.mean(gaps))
        for trial, train in enumerate(trains):
            value = first[trial, neuron]
            assert value == train[0] if train else np.isnan(value)
    assert rates_hz(recording).mean() == pytest.approx(mean_rate_hz(recording))


def test_correlation_is_pearsons_and_undefined_where_nothing_varies() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.poisson(5, (2, 20, 3)).astype(np.float64)
    two[:, 2] = 4
    found = response_correlation(one, two)
    for k in (0, 1):
        assert found[k] == pytest.approx(np.corrcoef(one[:, k], two[:, k])[0, 1])
    assert np.isnan(found[2])


@pytest.mark.parametrize("right", [0, 3, 17, 20])
def test_the_accuracy_interval_is_where_the_binomial_tails_are_a_fortieth(right: int) -> None:
    from scipy.stats import binom

    low, high = accuracy_interval(right, 20)
    assert binom.sf(right - 1, 20, low) == pytest.approx(0.025) if right else low == 0
    assert binom.cdf(right, 20, high) == pytest.approx(0.025) if right < 20 else high == 1
