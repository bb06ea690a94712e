"""What is measured of a recording; the one definition that every verb uses."""

from __future__ import annotations

import numpy as np

from ..models.recording import Recording


def decisions(recording: Recording, output: slice) -> np.ndarray:
    """Winner of every trial, int64 [trial]: the output neuron that fired most.

    A trial without output spikes decides nothing (-1) and is always wrong; of several equal
    winners the first counts, as a host that reads them out in order would decide.
    """
    counts = recording.counts[:, output]
    return np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)


def accuracy(recording: Recording, output: slice, target: np.ndarray) -> float:
    """Share of trials whose decision is the target [1]."""
    return float((decisions(recording, output) == target).mean())


def mean_rate_hz(recording: Recording) -> float:
    """Spikes per neuron and second over all neurons and trials [Hz]."""
    seconds = recording.duration_us.sum() * 1e-6
    return float(recording.counts.sum() / len(recording.names) / seconds) if seconds else 0.0
