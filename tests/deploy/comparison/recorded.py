"""Recordings made by hand, of a program that was never played."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from analoop.deploy import Program
from analoop.models.recording import Recording, Stimulus


def record_of(serial: str) -> dict[str, Any]:
    """Identity of a real board."""
    return {
        "target": "measured",
        "name": f"dynapse2:{serial}",
        "chip": "dynapse2",
        "serial": serial,
    }


def random_recording(
    program: Program, stimulus: Stimulus, serial: str, seed: int, spikes: float = 4.0
) -> Recording:
    """Poisson spikes at random times."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(spikes, (stimulus.n_trials, len(program.names)))
    trial, neuron = (np.repeat(i.ravel(), counts.ravel()) for i in np.indices(counts.shape))
    time = (rng.random(len(trial)) * stimulus.duration_us[trial]).astype(np.int64)
    order = np.lexsort((neuron, time, trial))
    return Recording(
        program.names,
        stimulus.duration_us,
        trial[order],
        time[order],
        neuron[order],
        {"in_window": len(trial)},
        record_of(serial),
        {"program": program.hash, "stimulus": stimulus.hash},
    )


def shuffled(recording: Recording, seed: int) -> Recording:
    """The same recording with its columns in another order."""
    order = np.random.default_rng(seed).permutation(len(recording.names))
    place = np.argsort(order)  # where each old column is now
    names = tuple(recording.names[k] for k in order)
    return replace(recording, names=names, neuron=place[recording.neuron])
