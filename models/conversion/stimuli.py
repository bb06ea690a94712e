"""Input for a network whose own input is not at hand."""

from __future__ import annotations

import numpy as np

from ..recording import Stimulus


def random_stimulus(
    n_channels: int, trials: int, duration_us: int, rate_hz: float, seed: int
) -> Stimulus:
    """Poisson trains; the rate of every channel in every trial is drawn anew.

    Args:
        n_channels: input channels.
        trials: number of trials.
        duration_us: of each [us].
        rate_hz: mean over channels and trials; rates are distributed exponentially about it [Hz].
        seed: of everything.
    """
    generator = np.random.default_rng(seed)
    rates = generator.exponential(rate_hz, (trials, n_channels))
    number = generator.poisson(rates * duration_us * 1e-6)
    trial, channel = (np.repeat(axis.ravel(), number.ravel()) for axis in np.indices(rates.shape))
    time = generator.integers(0, duration_us, len(trial))
    return Stimulus(n_channels, np.full(trials, duration_us), trial, time, channel)
