"""Which spikes a page draws: whole trials, drawn from a seed, until there are enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...models.recording import Recording

MOST_EVENTS = 120_000
"""Spikes that are drawn in all: about 12 bytes each on the page."""

MOST_TRIALS = 40
"""Trials that are drawn: a neuron's picture has a line for each of them on every board."""


@dataclass(frozen=True, eq=False)
class DrawnEvents:
    """Spikes of one board that are drawn."""

    trial: np.ndarray
    """Place of the trial among those drawn, uint16 [event]."""
    time_ms: np.ndarray
    """Time in the trial [ms], float32 [event]."""
    neuron: np.ndarray
    """Model neuron, uint16 [event]."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is drawn of the first recording of every board."""

    trials: np.ndarray
    """Trials of the stimulus, in rising order, int64 [place]."""
    events: tuple[DrawnEvents, ...]
    """By board."""
    shown: int
    """Spikes that are drawn."""
    there: int
    """Spikes of these recordings, all trials."""
    n_trials: int
    """Trials of the stimulus."""
    seed: int
    """Of the draw."""

    @property
    def said(self) -> str:
        """How much of what there is is drawn."""
        if self.shown == self.there:
            return f"All {self.there} spikes of the first repeats are drawn."
        return (
            f"{self.shown} of {self.there} spikes of the first repeats are drawn, those of "
            f"{len(self.trials)} of {self.n_trials} trials (drawn at random, seed {self.seed})."
        )


def draw(recordings: Sequence[Recording], seed: int, most: int = MOST_EVENTS) -> Drawn:
    """Choose trials, the same for all boards; of a single trial too large for a page, spikes."""
    n_trials = recordings[0].n_trials
    sizes = np.sum([np.bincount(r.trial, minlength=n_trials) for r in recordings], axis=0)
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_trials)
    fits = int((np.cumsum(sizes[order]) <= most).sum())
    trials = np.sort(order[: min(max(1, fits), MOST_TRIALS)])
    events = []
    for recording in recordings:
        chosen = np.flatnonzero(np.isin(recording.trial, trials))
        share = most // len(recordings)
        if not fits and len(chosen) > share:
            chosen = np.sort(rng.choice(chosen, share, replace=False))
        events.append(_events(recording, chosen, trials))
    shown = sum(len(one.trial) for one in events)
    return Drawn(trials, tuple(events), shown, int(np.sum(sizes)), n_trials, seed)


def _events(recording: Recording, chosen: np.ndarray, trials: np.ndarray) -> DrawnEvents:
    return DrawnEvents(
        np.searchsorted(trials, recording.trial[chosen]).astype(np.uint16),
        (recording.time_us[chosen] / 1e3).astype(np.float32),
        recording.neuron[chosen].astype(np.uint16),
    )
