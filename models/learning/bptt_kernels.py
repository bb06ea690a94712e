"""The compiled loops over time of a two-layer spiking network, forth and back (paper.md 4).

An input layer gets analog input through weights and synapses. Neuron k of it drives neuron k of
the recurrent layer, and that the readout. Per step, for each layer:

    I <- keep I + what arrives;   V <- V + share (I + bias - V) + noise
    s = max(0, floor(V + 1)) spikes, and V falls by as much;   I(0) = 0, V(0) = -1

The gradient of s is taken as 1 for V > -0.5, else 0, also where V falls. What a layer passes on is
s, or with `graded` tanh(V + 1) / 2 + 1/2; then the recurrent layer gets the input layer's on its
membrane, past its synapse, as the authors had it. Within the recurrent layer only spikes pass, one
step late. Cost forth follows spikes; back it is one product with the recurrent weights a step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled


class Chip(NamedTuple):
    """What the steps need of the parameters; all of one dtype."""

    w_in: np.ndarray
    """From input to the input layer, [channel, neuron]."""
    w_link: np.ndarray
    """From each neuron of the input layer to its own of the recurrent one, [neuron]."""
    w_rec: np.ndarray
    """Within the recurrent layer, [presynaptic neuron, neuron]."""
    w_out: np.ndarray
    """From the recurrent layer to the readout, [neuron]."""
    bias_in: np.ndarray
    """Where V of the input layer rests, [neuron]."""
    bias: np.ndarray
    """Same of the recurrent layer, [neuron]."""
    keep_in: np.ndarray
    """Share of a synaptic current that a step leaves, input layer, [neuron]."""
    keep: np.ndarray
    """Same of the recurrent layer, [neuron]."""
    share_in: np.ndarray
    """Share of its way that V goes in a step, input layer, [neuron]."""
    share: np.ndarray
    """Same of the recurrent layer, [neuron]."""
    keep_out: np.ndarray
    """Share that a step leaves of the readout, [1]."""


class Given(NamedTuple):
    """What is played."""

    input: np.ndarray
    """[sample, step, channel]."""
    noise: np.ndarray
    """What is added to V, [sample, step, layer, neuron]; no steps: nothing."""
    alive: np.ndarray
    """1; 0 for neurons of the recurrent layer that never fire, [neuron]."""
    graded: bool
    """What a layer passes on."""


class Trace(NamedTuple):
    """What was played. Row step % rows of the states is that of a step, before V falls."""

    i_in: np.ndarray
    """Synaptic currents of the input layer, [sample, row, neuron]."""
    v_in: np.ndarray
    """V of the input layer, [sample, row, neuron]."""
    i: np.ndarray
    """Same of the recurrent layer."""
    v: np.ndarray
    """Same of the recurrent layer."""
    output: np.ndarray
    """Readout, [sample, step]."""
    total: np.ndarray
    """Over both layers and all steps: spikes, what was passed on, V^2; float64 [sample, 3]."""


class Wanted(NamedTuple):
    """Gradients of a loss with respect to what was played."""

    output: np.ndarray
    """[sample, step]."""
    total: np.ndarray
    """With respect to what a neuron passes on in a step, and to its V^2; [2]."""


SPIKES_IN, PASSED_IN, SPIKES, PASSED, LINK, NOTHING, ALL, FIRED, OUT, SQUARE = range(10)
"""Rows of what passes between the layers in a step, and of sums over steps; [row, neuron]."""


@compiled
def fire(v, alive, graded, spikes, passed):
    """Spikes of a layer, and what it passes on, all [neuron]."""
    one, half = alive.dtype.type(1), alive.dtype.type(0.5)
    nothing = alive.dtype.type(0)
    for n in range(v.size):
        spikes[n] = alive[n] * max(nothing, np.floor(v[n] + one))
        passed[n] = spikes[n]
    if graded:
        for n in range(v.size):
            passed[n] = alive[n] * (half * np.tanh(v[n] + one) + half)


@compiled
def count(v, spikes, passed, passing):
    """Add what a layer does in a step, neuron by neuron."""
    fired, out, square = passing[FIRED], passing[OUT], passing[SQUARE]
    for n in range(v.size):
        fired[n] += spikes[n]
        out[n] += passed[n]
        square[n] += v[n] * v[n]


@compiled
def integrate(now, v_last, spikes, layer):
    """Move a layer's V from where the spikes of the step before left it.

    Args:
        now: I, and V to be filled, each [neuron].
        v_last: V of the step before, [neuron]; may be the same array.
        spikes: of the step before, [neuron].
        layer: bias, share and what else pulls at V, each [neuron].
    """
    i, v = now
    bias, share, extra = layer
    for n in range(i.size):
        before = v_last[n] - spikes[n]
        v[n] = before + share[n] * (i[n] + extra[n] + bias[n] - before)


@compiled
def arrive(i, spikes, weights):
    """Spikes of one neuron reach the currents of all, [neuron]."""
    for n in range(i.size):
        i[n] += spikes * weights[n]


@compiled
def step_input(chip, given, trace, at, passing):
    """A step of the input layer."""
    b, t = at
    rows = trace.v.shape[1]
    now, last = t % rows, (t - 1) % rows
    i, i_last = trace.i_in[b, now], trace.i_in[b, last]
    for n in range(i.size):
        i[n] = chip.keep_in[n] * i_last[n]
    for c in range(given.input.shape[2]):
        x, weight = given.input[b, t, c], chip.w_in[c]
        for n in range(i.size):
            i[n] += x * weight[n]
    v = trace.v_in[b, now]
    layer = (chip.bias_in, chip.share_in, passing[NOTHING])
    integrate((i, v), trace.v_in[b, last], passing[SPIKES_IN], layer)
    if given.noise.shape[1] > 0:
        v += given.noise[b, t, 0]
    fire(v, passing[ALL], given.graded, passing[SPIKES_IN], passing[PASSED_IN])
    count(v, passing[SPIKES_IN], passing[PASSED_IN], passing)


@compiled
def step_recurrent(chip, given, trace, at, passing):
    """A step of the recurrent layer."""
    b, t = at
    rows = trace.v.shape[1]
    now, last = t % rows, (t - 1) % rows
    i, i_last, link = trace.i[b, now], trace.i[b, last], passing[LINK]
    for n in range(i.size):
        link[n] = passing[PASSED_IN, n] * chip.w_link[n]
        i[n] = chip.keep[n] * i_last[n]
    if not given.graded:
        i += link
        link[:] = 0
    spikes, v = passing[SPIKES], trace.v[b, now]
    for k in range(spikes.size):
        if spikes[k] != 0:
            arrive(i, spikes[k], chip.w_rec[k])
    integrate((i, v), trace.v[b, last], spikes, (chip.bias, chip.share, link))
    if given.noise.shape[1] > 0:
        v += given.noise[b, t, 1]
    fire(v, given.alive, given.graded, spikes, passing[PASSED])
    count(v, spikes, passing[PASSED], passing)


@compiled
def play(chip, given, trace):
    """Play all samples into an empty trace."""
    samples, steps = given.input.shape[:2]
    passing = np.empty((10, chip.bias.size), chip.bias.dtype)
    for b in range(samples):
        passing[:] = 0
        passing[ALL] = 1
        trace.i_in[b, -1], trace.i[b, -1] = 0, 0
        trace.v_in[b, -1], trace.v[b, -1] = -1, -1
        readout = chip.keep_out[0] - chip.keep_out[0]
        for t in range(steps):
            step_input(chip, given, trace, (b, t), passing)
            step_recurrent(chip, given, trace, (b, t), passing)
            readout *= chip.keep_out[0]
            for n in range(chip.bias.size):
                if passing[PASSED, n] != 0:
                    readout += passing[PASSED, n] * chip.w_out[n]
            trace.output[b, t] = readout
        for row in range(3):
            trace.total[b, row] = np.sum(passing[FIRED + row])
