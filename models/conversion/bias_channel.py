"""A bias for every neuron by one more input channel that ticks like a clock.

A core has one injected current for all its neurons. Where biases differ, events of a fixed period
on a channel of their own can stand for them: every neuron hears them through a weight of its own,
for one synapse each.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..network import INPUT
from ..recording import Stimulus
from .source import SourceConnection, SourceNetwork


def with_bias_channel(source: SourceNetwork, period: int) -> SourceNetwork:
    """The same network with its biases as weights of one more channel, its last one.

    Args:
        source: with or without biases.
        period: steps between two events of the channel.
    """
    connections = list(source.connections)
    for place, c in enumerate(connections):
        if c.source == INPUT:
            weights = np.pad(c.weights, ((0, 1), (0, 0)))
            connections[place] = SourceConnection(INPUT, c.target, weights, c.delay)
    populations = []
    for p in source.populations:
        steady = np.divide(p.offset(), p.gain, out=np.zeros(p.size), where=p.gain != 0)
        weights = np.zeros((source.n_inputs + 1, p.size))
        weights[-1] = steady * (1.0 - p.decay_syn) * period
        if weights.any():
            connections.append(SourceConnection(INPUT, p.name, weights))
        populations.append(replace(p, bias=np.zeros(p.size), drive=np.zeros(p.size)))
    return SourceNetwork(
        source.n_inputs + 1, source.dt, tuple(populations), tuple(connections), source.output,
        source.changes,
    )  # fmt: skip


def with_clock(stimulus: Stimulus, period_us: int) -> Stimulus:
    """The same stimulus with one more channel, on which an event comes every `period_us` [us]."""
    ticks = [np.arange(0, duration, period_us) for duration in stimulus.duration_us]
    time = np.concatenate([np.zeros(0, np.int64), *ticks])
    trial = np.repeat(np.arange(stimulus.n_trials), [len(t) for t in ticks])
    return Stimulus(
        stimulus.n_channels + 1,
        stimulus.duration_us,
        np.concatenate([stimulus.trial, trial]),
        np.concatenate([stimulus.time_us, time]),
        np.concatenate([stimulus.channel, np.full(len(time), stimulus.n_channels)]),
        stimulus.target,
    )
