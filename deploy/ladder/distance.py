"""How far apart the spikes of two rungs are: the mean SPIKE-distance of all neurons in some trials.

The SPIKE-distance of PySpike has no time scale to choose; equal trains, and two silent ones, are 0
apart (deploy/comparison/distances.py). The trials are drawn once from a seed, the same for all
rungs of a ladder, so that rungs can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...models.recording import Recording
from ..comparison.distances import sample_trials, spike_distance

FEWEST = 2
"""Trials that are looked at, however many neurons there are."""


@dataclass(frozen=True)
class Sample:
    """Which trains are compared: all neurons in some trials."""

    trains: int = 1000
    """About how many trains, neurons x trials; at least two trials."""
    seed: int = 0
    """Draws the trials."""

    def trials(self, n_neurons: int, n_trials: int) -> np.ndarray:
        """The trials, sorted, int64 [trial]."""
        return sample_trials(n_trials, max(FEWEST, self.trains // n_neurons), self.seed)


def mean_distance(first: Recording, second: Recording, sample: Sample) -> float:
    """Mean SPIKE-distance of two recordings of the same neurons and trials, 0..1 [1].

    Raises:
        InputError: PYSPIKE_MISSING, DISTANCE_SHAPE.
    """
    columns = ("names", "duration_us", "trial", "time_us", "neuron")
    if all(np.array_equal(getattr(first, c), getattr(second, c)) for c in columns):
        return 0.0  # what PySpike would find, at leisure
    trials = sample.trials(len(first.names), first.n_trials)
    return float(spike_distance(first, second, trials).spike.mean())
