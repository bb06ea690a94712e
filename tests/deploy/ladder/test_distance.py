"""Distances of rungs: a sample of trials that is always the same, and nothing between equals."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy.ladder.distance import Sample, mean_distance
from analoop.models import InputError, Recording

pyspike = pytest.importorskip("pyspike")


def recording(times: list[list[int]], neurons: int = 2) -> Recording:
    """Trials of 100 ms of the first neuron; the others are silent."""
    trial = [k for k, spikes in enumerate(times) for _ in spikes]
    flat = [t for spikes in times for t in spikes]
    names = tuple(f"neuron {k} of 'a'" for k in range(neurons))
    books = {"sent": 0}
    return Recording(
        names, np.full(len(times), 100_000), np.array(trial), np.array(flat),
        np.zeros(len(flat)), books, {"target": "software", "name": "x"}, {},
    )  # fmt: skip


def test_the_mean_over_neurons_and_trials_is_that_of_pyspike_with_silent_pairs_at_zero():
    first = recording([[10_000, 40_000], [], [5_000]])
    second = recording([[20_000, 40_000], [50_000], [5_000]])
    edges = (0.0, 100_000.0)
    expected = sum(
        pyspike.spike_distance(*(pyspike.SpikeTrain(np.array(t, float), edges) for t in pair))
        for pair in (([10_000, 40_000], [20_000, 40_000]), ([], [50_000]))
    )
    assert mean_distance(first, second, Sample()) == pytest.approx(expected / 6)
    assert mean_distance(first, first, Sample()) == 0.0


def test_the_sample_is_drawn_from_its_seed_and_has_two_trials_at_least():
    sample = Sample(trains=100, seed=3)
    assert np.array_equal(sample.trials(10, 50), Sample(trains=100, seed=3).trials(10, 50))
    assert len(sample.trials(10, 50)) == 10
    assert len(sample.trials(1000, 50)) == 2
    assert len(sample.trials(1, 5)) == 5


def test_other_neurons_cannot_be_compared():
    first = recording([[10_000]])
    with pytest.raises(InputError):
        mean_distance(first, replace(first, names=("a", "b")), Sample())
