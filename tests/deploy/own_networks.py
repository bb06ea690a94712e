"""A network for the chip that was trained by nobody, and trials that it decides mostly rightly."""

import numpy as np

from analoop.models import Network, Stimulus
from analoop.models.network import INPUT, Population, Projection
from analoop.models.parameters import NeuronParameters


def network() -> Network:
    """Each of 4 channels has hidden neurons of its own, and these an output."""
    p = NeuronParameters.from_times()
    there = np.kron(np.eye(4), np.ones((1, 3)))
    return Network(
        4,
        (Population("hidden", 12, p), Population("output", 4, p)),
        (
            Projection(INPUT, "hidden", "ampa", there * 1e-8),
            Projection("hidden", "output", "ampa", there.T * 2e-8),
        ),
        "output",
        labels=("a", "b", "c", "d"),
    )


def stimulus(trials: int = 20, seed: int = 0) -> Stimulus:
    """One channel is louder than the others; trials are of several lengths."""
    rng = np.random.default_rng(seed)
    target = np.arange(trials) % 4
    duration = rng.integers(60, 90, trials) * 1000
    often = np.where(np.arange(4) == target[:, None], 0.15, 0.05)
    trial, step, channel = np.nonzero(rng.random((trials, 90, 4)) < often[:, None])
    inside = step * 1000 < duration[trial]
    return Stimulus(4, duration, trial[inside], step[inside] * 1000, channel[inside], target)
