"""What a source network does, exactly as its own library would: `respond`."""

from __future__ import annotations

import numpy as np

from ..network import INPUT
from .source import SourceNetwork, SourcePopulation


def respond(source: SourceNetwork, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Spikes of every population, from rest.

    Args:
        source: the network.
        counts: input events, [trial, step, channel]; step by `source.dt`.

    Returns:
        Spike counts by population, and those of 'input', float64 [trial, step, neuron].
    """
    trials, steps, _ = counts.shape
    spikes = {INPUT: counts.astype(np.float64)}
    spikes |= {p.name: np.zeros((trials, steps, p.size)) for p in source.populations}
    state = {p.name: np.zeros((2, trials, p.size)) for p in source.populations}
    into = {
        p.name: [c for c in source.connections if c.target == p.name] for p in source.populations
    }
    for step in range(steps):
        for p in source.populations:
            arriving = np.zeros((trials, p.size))
            for c in into[p.name]:
                if step >= c.delay:
                    arriving += spikes[c.source][:, step - c.delay] @ c.weights
            spikes[p.name][:, step] = _step(p, state[p.name], arriving)
    return spikes


def _step(p: SourcePopulation, state: np.ndarray, arriving: np.ndarray) -> np.ndarray:
    """Advance current and membrane, `state` [2, trial, neuron], in place; spikes."""
    current, membrane = state
    current *= p.decay_syn
    current += p.drive + arriving
    membrane *= p.decay_mem
    membrane += p.gain * current + p.bias
    fired = membrane > p.threshold if p.strict else membrane >= p.threshold
    number = np.where(fired, np.minimum(np.floor(membrane / p.threshold), p.most), 0.0)
    if p.subtracts:
        membrane -= number * p.reset
    else:
        membrane[fired] = np.broadcast_to(p.reset, membrane.shape)[fired]
    return number


def unit_peak(p: SourcePopulation) -> np.ndarray:
    """Highest membrane after one spike through a weight of 1, [neuron]."""
    steps = np.arange(1, 20_000)
    found = np.empty(p.size)
    pairs, place = np.unique(
        np.stack([p.decay_mem, p.decay_syn], axis=1), axis=0, return_inverse=True
    )
    for k, (a, b) in enumerate(pairs):
        if abs(a - b) < 1e-9:
            course = steps * a ** (steps - 1.0)
        else:
            course = (a**steps - b**steps) / (a - b)
        found[place.reshape(-1) == k] = course.max()
    return p.gain * found
