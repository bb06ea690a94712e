"""How far apart the spike trains of two recordings are: three measures of PySpike, per neuron.

ISI distance (Kreuz et al. 2007), SPIKE distance (2013) and SPIKE synchronisation (2015), each over
one trial and then averaged over trials; none has a parameter. Silent trains: a trial in which both
are silent has distances 0 and synchronisation 1; where only one is silent, synchronisation is 0 and
the distances take the silent train to have a spike at either end of the trial, as PySpike does for
every train. Trials of no length are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import InputError
from ...models.recording import Recording

MEASURES = ("isi", "spike", "synchrony")
"""Names of the three, in the order of the columns."""


@dataclass(frozen=True, eq=False)
class Distances:
    """How far apart two recordings are, means over the trials that were looked at."""

    isi: np.ndarray
    """ISI distance, 0 (same rates at all times) up to 1 [1], float64 [neuron]."""
    spike: np.ndarray
    """SPIKE distance, 0 (same times) up to 1 [1], float64 [neuron]."""
    synchrony: np.ndarray
    """SPIKE synchronisation, 1 (every spike has its partner) down to 0 [1], float64 [neuron]."""
    trials: np.ndarray
    """Which trials they are over, int64 [trial]."""


def require_pyspike() -> Any:
    """The package, or an InputError with the way to get it."""
    try:
        import pyspike
    except ImportError as error:
        raise InputError(
            "distances of spike trains need the package PySpike, which is not installed: "
            "pip install 'analoop[compare]'",
            code="PYSPIKE_MISSING",
        ) from error
    return pyspike


def spike_distance(a: Recording, b: Recording, trials: np.ndarray | None = None) -> Distances:
    """Distances of two recordings with the same columns and trials.

    Args:
        trials: the trials to look at; None: all. Cost is about 0.3 ms per neuron and trial in
            which one of them spikes.

    Raises:
        InputError: PYSPIKE_MISSING; DISTANCE_SHAPE, recordings of other neurons or trials.
    """
    if a.names != b.names or not np.array_equal(a.duration_us, b.duration_us):
        raise InputError(
            "distances need two recordings of the same neurons and trials, in the same order: "
            "align them first (deploy.comparison.alignment.align)",
            code="DISTANCE_SHAPE",
        )
    pyspike = require_pyspike()
    looked = np.arange(a.n_trials) if trials is None else np.asarray(trials, np.int64)
    looked = looked[a.duration_us[looked] > 0]
    total = np.zeros((len(MEASURES), len(a.names)))
    total[2] = len(looked)  # both silent until shown otherwise
    first, second = _Trains(a), _Trains(b)
    for trial in looked:
        spiking = (a.counts[trial] + b.counts[trial]) > 0
        for neuron in np.flatnonzero(spiking):
            pair = [t.of(pyspike, trial, neuron) for t in (first, second)]
            total[0, neuron] += pyspike.isi_distance(*pair)
            total[1, neuron] += pyspike.spike_distance(*pair)
            total[2, neuron] -= 1.0 - pyspike.spike_sync(*pair)
    mean = total / max(1, len(looked))
    return Distances(mean[0], mean[1], mean[2], looked)


class _Trains:
    """A recording, cut into spike trains."""

    def __init__(self, recording: Recording):
        self.recording = recording
        order = np.lexsort((recording.time_us, recording.neuron, recording.trial))
        self.time_us = recording.time_us[order].astype(np.float64)
        edges = np.concatenate([[0], np.cumsum(recording.counts.ravel())])
        self.edges = edges

    def of(self, pyspike: Any, trial: int, neuron: int) -> Any:
        """The train of one neuron in one trial, in microseconds."""
        k = int(trial) * len(self.recording.names) + int(neuron)
        times = self.time_us[self.edges[k] : self.edges[k + 1]]
        return pyspike.SpikeTrain(times, (0.0, float(self.recording.duration_us[trial])))


def sample_trials(n_trials: int, most: int, seed: int) -> np.ndarray:
    """At most so many trials, sorted, drawn without replacement from a seed: always the same."""
    if n_trials <= most:
        return np.arange(n_trials)
    return np.sort(np.random.default_rng(seed).choice(n_trials, most, replace=False))
