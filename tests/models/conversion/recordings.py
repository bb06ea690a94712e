"""Stimuli of the small task, and what other libraries recorded."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from analoop.models import Stimulus

from .pattern_task import pattern_task

DATA = Path(__file__).parent / "data"


class Recorded(NamedTuple):
    """What a library answered itself, [trial, step, channel or neuron]."""

    events: np.ndarray
    hidden: np.ndarray
    output: np.ndarray


def recorded(library: str) -> Recorded:
    """Of the file data/LIBRARY.npz."""
    with np.load(DATA / f"{library}.npz") as arrays:
        return Recorded(arrays["events"], arrays["hidden"], arrays["output"])


def as_stimulus(events: np.ndarray, target: np.ndarray | None = None) -> Stimulus:
    """Events per millisecond [trial, step, channel] as a stimulus."""
    trials, steps, channels = events.shape
    trial, time, channel = np.nonzero(events)
    number = events[trial, time, channel].astype(int)
    trial, time, channel = (np.repeat(axis, number) for axis in (trial, time, channel))
    duration = np.full(trials, steps * 1000)
    target = np.zeros(0, np.int64) if target is None else target
    return Stimulus(channels, duration, trial, time * 1000, channel, target)


def task_stimulus(trials: int, seed: int) -> Stimulus:
    """Trials of the small task."""
    return as_stimulus(*pattern_task(trials, seed))
