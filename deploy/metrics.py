"""What is measured of a recording; the one definition that every verb uses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..models.recording import Recording


def decisions(recording: Recording, output: slice, labels: Sequence[str] = ()) -> np.ndarray:
    """Winner of every trial, int64 [trial]: the output neuron that fired most, or the label.

    A trial without output spikes decides nothing (-1) and is always wrong; of several equal
    winners the first counts, as a host that reads them out in order would decide.

    Args:
        labels: of the output neurons. Spikes of neurons with the same label are counted together,
            and the winner is a place among the labels, in the order in which they first appear.
    """
    counts = recording.counts[:, output]
    if len(set(labels)) < len(labels):
        distinct = list(dict.fromkeys(labels))
        counts = counts @ (np.array(labels)[:, None] == np.array(distinct))
    return np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)


def accuracy(
    recording: Recording, output: slice, target: np.ndarray, labels: Sequence[str] = ()
) -> float:
    """Share of trials whose decision is the target [1]."""
    return float((decisions(recording, output, labels) == target).mean())


def mean_rate_hz(recording: Recording) -> float:
    """Spikes per neuron and second over all neurons and trials [Hz]."""
    seconds = recording.duration_us.sum() * 1e-6
    return float(recording.counts.sum() / len(recording.names) / seconds) if seconds else 0.0
