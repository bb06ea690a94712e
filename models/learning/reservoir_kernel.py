"""Spiking liquids in substeps; see reservoir.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled
from .products import Rows


class Liquid(NamedTuple):
    """Neurons of the liquids and their synapses, float32. Weights are in thresholds times s."""

    kept: np.ndarray
    """Share that the membrane keeps per substep [1], [neuron]."""
    kept_synapse: np.ndarray
    """The same of its excitatory and inhibitory current [1], [2, neuron]."""
    reached: np.ndarray
    """What of each current reaches the membrane in a substep [1], [2, neuron]."""
    jump: np.ndarray
    """1 / tau_syn [1/s], [2, neuron]."""
    v_th: np.ndarray
    """Threshold [1], [neuron]; infinite: silenced."""
    weights: Rows
    """[source, neuron]; sources are the input layer, then the liquids. Negative ones go to the
    inhibitory current."""


class Layer(NamedTuple):
    """The input layer: neurons without synapses."""

    kept: float
    """Share that a membrane keeps per substep [1]."""
    gain: float
    """Current per unit of input [threshold]."""


class State(NamedTuple):
    """Of one sample; changed by `advance`."""

    v_in: np.ndarray
    """Membranes of the input layer, [input neuron]."""
    wait_in: np.ndarray
    """Substeps that they are still refractory, [input neuron]."""
    v: np.ndarray
    """Membranes, [neuron]."""
    wait: np.ndarray
    """Substeps that they are still refractory, [neuron]."""
    current: np.ndarray
    """Excitatory and inhibitory current [threshold], [2, neuron]."""


@compiled
def advance(state, nets, given, noise, counts):
    """Some steps of one sample.

    Args:
        state: a `State`, changed.
        nets: the `Layer`, the `Liquid`, substeps per step, and refractory substeps.
        given: analog input, [step, channel].
        noise: added to the membranes per substep [threshold], [step * substeps, neuron], or none.
        counts: written: spikes, [step, neuron].
    """
    layer, liquid, substeps, waits = nets
    fired = np.empty(state.v_in.size + state.v.size, np.int64)
    for t in range(given.shape[0]):
        counts[t] = 0
        for s in range(substeps):
            number = encode(state, layer, given[t], waits, fired)
            move(state, liquid)
            if noise.shape[0] > 0:
                for j in range(state.v.size):
                    if state.wait[j] == 0:
                        state.v[j] += noise[t * substeps + s, j]
            number = fire(state, liquid.v_th, waits, fired, number)
            for k in range(number):
                deliver(state.current, liquid, fired[k])
                if fired[k] >= state.v_in.size:
                    counts[t, fired[k] - state.v_in.size] += 1


@compiled
def encode(state, layer, given, waits, fired):
    """One substep of the input layer: two neurons per channel, for its positive and its negative
    part. Returns how many fired."""
    number = 0
    for i in range(state.v_in.size):
        if state.wait_in[i] > 0:
            state.wait_in[i] -= 1
            continue
        drive = max(given[i // 2] if i % 2 == 0 else -given[i // 2], 0) * layer.gain
        state.v_in[i] = drive + (state.v_in[i] - drive) * layer.kept
        if state.v_in[i] >= 1:
            state.v_in[i], state.wait_in[i] = 0, waits
            fired[number] = i
            number += 1
    return number


@compiled
def move(state, liquid):
    """One substep of membranes and currents, exact while no spike comes in."""
    v, wait, kept = state.v, state.wait, liquid.kept
    for k in range(2):
        current, reached, kept_synapse = state.current[k], liquid.reached[k], liquid.kept_synapse[k]
        for j in range(v.size):
            grown = kept[j] * v[j] if k == 0 else v[j]
            grown += reached[j] * current[j]
            v[j] = grown if wait[j] == 0 else v[j]
        for j in range(v.size):
            current[j] *= kept_synapse[j]


@compiled
def fire(state, v_th, waits, fired, number):
    """Note and reset the neurons at threshold, behind the first `number`; returns how many now."""
    v, wait = state.v, state.wait
    ready = np.empty(v.size, np.bool_)
    for j in range(v.size):
        ready[j] = (wait[j] == 0) & (v[j] >= v_th[j])
        wait[j] -= 1 if wait[j] > 0 else 0
    for j in range(v.size):
        if ready[j]:
            v[j], wait[j] = 0, waits
            fired[number] = state.v_in.size + j
            number += 1
    return number


@compiled
def deliver(current, liquid, source):
    """Add a spike of a source to the currents, seen from the next substep on."""
    rows = liquid.weights
    for e in range(rows.start[source], rows.start[source + 1]):
        kind = 0 if rows.weight[e] > 0 else 1
        j = rows.column[e]
        current[kind, j] += rows.weight[e] * liquid.jump[kind, j]
