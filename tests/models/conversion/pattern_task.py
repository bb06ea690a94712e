"""A small task: which of four patterns of input rates is it? Made by numpy alone, from a seed."""

from __future__ import annotations

import numpy as np

CHANNELS, STEPS, CLASSES = 20, 150, 4


def pattern_task(trials: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Events per millisecond [trial, step, channel], 0 or 1, and the class of each trial."""
    generator = np.random.default_rng(seed)
    label = generator.permutation(np.arange(trials) % CLASSES)
    loud = (np.arange(CHANNELS) % CLASSES == label[:, None]) * generator.uniform(
        50, 90, (trials, 1)
    )
    rate = 8.0 + loud
    events = generator.random((trials, STEPS, CHANNELS)) < rate[:, None] * 1e-3
    return events.astype(np.uint8), label
