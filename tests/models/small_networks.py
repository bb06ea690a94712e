"""Small networks with every kind of dendrite, and what to play to them."""

import numpy as np

from analoop.models.network import INPUT, Network, Population, Projection
from analoop.models.parameters import NeuronParameters
from analoop.models.recording import Stimulus


def recurrent_network(seed: int = 0) -> Network:
    """6 inputs -> 8 neurons that excite and inhibit each other -> 3 outputs."""
    rng = np.random.default_rng(seed)
    hidden = NeuronParameters.from_times(adaptation=True, i_w_ahp=1e-8)
    populations = (
        Population("hidden", 8, hidden),
        Population("output", 3, NeuronParameters.from_times()),
    )
    projections = (
        Projection(INPUT, "hidden", "ampa", rng.random((6, 8)) * 6e-9),
        Projection("hidden", "hidden", "gaba", rng.random((8, 8)) * 2e-9),
        Projection("hidden", "hidden", "nmda", rng.random((8, 8)) * 2e-9),
        Projection("hidden", "output", "ampa", rng.random((8, 3)) * 2e-8),
        Projection("hidden", "output", "shunt", rng.random((8, 3)) * 1e-11),
    )
    return Network(6, populations, projections, "output")


def poisson_stimulus(seed: int = 0, durations_us: tuple[int, ...] = (60_000, 45_300, 80_000)):
    """About 200 Hz on each of 6 channels."""
    rng = np.random.default_rng(seed)
    trial = np.repeat(np.arange(len(durations_us)), [6 * d // 5_000 for d in durations_us])
    time = np.array([rng.integers(durations_us[n]) for n in trial])
    return Stimulus(6, np.array(durations_us), trial, time, rng.integers(0, 6, len(trial)))
