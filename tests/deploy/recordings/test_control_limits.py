"""Limits of a control chart: as many false alarms as promised, and changes are seen."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analoop.deploy.recordings import control_limits as limits
from analoop.deploy.recordings.control_limits import FALSE_ALARMS, control_limits
from analoop.models.errors import InputError


def test_an_unchanged_board_alarms_no_more_often_than_promised(monkeypatch):
    monkeypatch.setattr(limits, "SPLITS", 999)
    monkeypatch.setattr(limits, "FALSE_ALARMS", 0.1)  # more of them, so that they can be counted
    rng = np.random.default_rng(5)
    rates = rng.gamma(2, 5, 20)
    many = 600
    pairs = (rng.poisson(rates, (2, 8, 20)) for _ in range(many))
    alarms = sum(control_limits(one, two, k).changed for k, (one, two) in enumerate(pairs))
    assert alarms <= 0.1 * many + 3 * np.sqrt(0.09 * many)
    assert alarms > 0.03 * many, "limits so wide would see nothing"


def test_the_limits_are_those_of_every_split_there_is(monkeypatch):
    """By plain loops over all 12870 splits of twice eight trials."""
    monkeypatch.setattr(limits, "FALSE_ALARMS", 0.15)
    rng = np.random.default_rng(2)
    one, two = rng.poisson(9, (2, 8, 5))
    both = np.concatenate([two, one])
    shifts, correlations, wider = [], [], []
    for chosen in combinations(range(16), 8):
        mine, other = both[list(chosen)], both[[k for k in range(16) if k not in chosen]]
        shifts.append(abs(mine.mean() - other.mean()))
        wider.append(abs(mine.var(axis=0).mean() - other.var(axis=0).mean()))
        correlations.append(np.corrcoef(mine.mean(axis=0), other.mean(axis=0))[0, 1])
    found = control_limits(one, two)
    assert found.mean == two.mean()
    assert found.correlation == pytest.approx(np.corrcoef(one.mean(0), two.mean(0))[0, 1])
    step = 1 / 40  # of the mean, by one spike
    assert found.mean_high - one.mean() == pytest.approx(np.quantile(shifts, 0.95), abs=step)
    assert found.mean_high - one.mean() == pytest.approx(one.mean() - found.mean_low)
    assert found.spread == pytest.approx(two.var(axis=0).mean())
    middle = one.var(axis=0).mean()
    assert found.spread_high - middle == pytest.approx(np.quantile(wider, 0.95), rel=0.03)
    assert middle - found.spread_low == pytest.approx(found.spread_high - middle)
    assert found.correlation_low == pytest.approx(np.quantile(correlations, 0.05), abs=0.02)


@settings(max_examples=10, deadline=None)
@given(st.integers(8, 12), st.integers(8, 12), st.integers(1, 6))
def test_of_a_board_without_noise_one_spike_more_in_every_trial_is_a_change(
    before: int, now: int, neurons: int
):
    same = np.tile(np.arange(3, 3 + neurons), (before, 1))
    again = np.tile(np.arange(3, 3 + neurons), (now, 1))
    assert not control_limits(same, again).changed
    again[:, 0] += 1
    assert control_limits(same, again).changed


def test_one_odd_spike_among_trials_that_are_all_the_same_is_no_change():
    same = np.tile(np.arange(5), (10, 1))
    again = same.copy()
    again[3, 2] += 1
    assert not control_limits(same, again).changed


def test_spikes_that_move_from_one_neuron_to_another_are_a_change():
    rng = np.random.default_rng(0)
    rates = np.array([20.0, 5.0, 9.0, 14.0])
    one, two = rng.poisson(rates, (10, 4)), rng.poisson(rates[[1, 0, 2, 3]], (10, 4))
    found = control_limits(one, two)
    assert found.changed and found.correlation < found.correlation_low
    assert found.mean_low <= found.mean <= found.mean_high


def test_counts_that_vary_more_around_the_same_mean_are_a_change():
    rng = np.random.default_rng(0)
    one, two = rng.normal(20, (1, 3), (10, 40, 2)).transpose(2, 0, 1).round()
    found = control_limits(one, two)
    assert found.changed and found.spread > found.spread_high
    assert found.mean_low <= found.mean <= found.mean_high


def test_too_few_trials_to_see_any_change_are_refused():
    with pytest.raises(InputError, match="--new-reference") as caught:
        control_limits(np.ones((7, 3)), np.ones((10, 3)))
    assert caught.value.code == "FEW_TRIALS"
    assert FALSE_ALARMS < 0.003
