"""Distances of spike trains against their definitions, written out slowly."""

from dataclasses import replace

import numpy as np
import pytest

from analoop.deploy import Program
from analoop.deploy.comparison.distances import sample_trials, spike_distance
from analoop.models.errors import InputError
from analoop.models.recording import Recording, Stimulus

from .recorded import random_recording

END_US = 80_000


def trains(*times_us: list[int]) -> Recording:
    """One trial of these trains."""
    neuron = np.repeat(np.arange(len(times_us)), [len(t) for t in times_us])
    time = np.array([t for train in times_us for t in train], np.int64)
    names = tuple(f"neuron {k} of 'a'" for k in range(len(times_us)))
    return Recording(names, np.array([END_US]), np.zeros(len(time)), time, neuron, {}, {}, {})


def interval_at(train: list[int], t: float) -> float:
    """The interval a moment lies in; at an end, no shorter than the next one (Kreuz 2013)."""
    if not train:
        return END_US
    if t < train[0]:
        return max(train[0], train[1] - train[0]) if len(train) > 1 else train[0]
    if t >= train[-1]:
        last = END_US - train[-1]
        return max(last, train[-1] - train[-2]) if len(train) > 1 else last
    k = int(np.searchsorted(train, t, "right"))
    return train[k] - train[k - 1]


def isi_by_sampling(a: list[int], b: list[int]) -> float:
    """Mean of |x - y| / max(x, y) over very many moments."""
    moments = (np.arange(8000) + 0.5) * END_US / 8000
    pairs = [(interval_at(a, t), interval_at(b, t)) for t in moments]
    return float(np.mean([abs(x - y) / max(x, y) for x, y in pairs]))


def synchrony_by_hand(a: list[int], b: list[int]) -> float:
    """Share of spikes with a partner nearer than half of every interval around both."""

    def window(train: list[int], k: int) -> float:
        gaps = [train[j + 1] - train[j] for j in (k - 1, k) if 0 <= j < len(train) - 1]
        return min(gaps, default=np.inf)

    def met(one: list[int], two: list[int]) -> int:
        return sum(
            any(
                abs(t - s) < min(window(one, i), window(two, j), END_US) / 2
                for j, s in enumerate(two)
            )
            for i, t in enumerate(one)
        )

    return (met(a, b) + met(b, a)) / (len(a) + len(b))


def random_trains(count: int) -> list[list[int]]:
    rng = np.random.default_rng(5)
    drawn = (
        rng.choice(np.arange(1, END_US), rng.integers(1, 9), replace=False) for _ in range(count)
    )
    return [sorted(map(int, d)) for d in drawn]


def test_isi_distance_and_synchronisation_are_what_the_papers_say() -> None:
    a, b = random_trains(12), random_trains(24)[12:]
    found = spike_distance(trains(*a), trains(*b))
    wanted = [isi_by_sampling(x, y) for x, y in zip(a, b, strict=True)]
    assert found.isi == pytest.approx(wanted, abs=2e-3)
    met = [synchrony_by_hand(x, y) for x, y in zip(a, b, strict=True)]
    assert found.synchrony == pytest.approx(met)


def test_the_spike_distance_of_two_regular_trains_is_the_one_known_in_closed_form() -> None:
    period, shift = 8000, 1000
    one = list(range(period, END_US, period))
    two = [t + shift for t in one if t + shift < END_US]
    # Between spikes that are `shift` apart in trains of equal intervals: shift / interval.
    found = spike_distance(trains(one), trains(two))
    assert found.spike[0] == pytest.approx(shift / period, abs=0.02)
    assert found.isi[0] < 0.02


def test_silent_trains_follow_the_stated_convention() -> None:
    found = spike_distance(trains([], [], [20_000]), trains([], [20_000], [20_000]))
    assert found.isi[0] == found.spike[0] == found.isi[2] == found.spike[2] == 0
    assert found.synchrony.tolist() == [1.0, 0.0, 1.0]
    assert found.isi[1] == pytest.approx(isi_by_sampling([], [20_000]), abs=2e-3)


def test_distances_are_means_over_the_trials_asked_for(
    program: Program, stimulus: Stimulus
) -> None:
    a, b = (random_recording(program, stimulus, s, k) for k, s in enumerate("AB"))
    each = [spike_distance(a, b, np.array([k])) for k in range(stimulus.n_trials)]
    both = spike_distance(a, b, np.array([1, 4]))
    every = spike_distance(a, b)
    for name in ("isi", "spike", "synchrony"):
        one = [getattr(d, name) for d in each]
        assert getattr(both, name) == pytest.approx((one[1] + one[4]) / 2)
        assert getattr(every, name) == pytest.approx(np.mean(one, axis=0))


def test_recordings_that_are_not_aligned_are_refused(program: Program, stimulus: Stimulus) -> None:
    a = random_recording(program, stimulus, "A", 0)
    b = replace(a, names=a.names[::-1])
    with pytest.raises(InputError, match="align them first"):
        spike_distance(a, b)


def test_a_sample_of_trials_is_always_the_same_and_never_repeats_one() -> None:
    assert np.array_equal(sample_trials(5, 9, 0), np.arange(5))
    drawn = sample_trials(100, 20, 1)
    assert np.array_equal(drawn, sample_trials(100, 20, 1))
    assert len(np.unique(drawn)) == 20
    assert not np.array_equal(drawn, sample_trials(100, 20, 2))
