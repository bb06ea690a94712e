"""The gradient of `bptt_kernels.play`, by hand, backwards over time."""

from __future__ import annotations

import numpy as np

from ..compiled import compiled
from .bptt_kernels import fire

PASSED_IN, PASSED, STEP, SMOOTH, LAST, I_LAST, V_LAST, EXTRA, PULL, ALL, UNUSED = range(11)
"""Rows of what is worked out anew at each step, [row, neuron]."""
TO_S, TO_I, TO_V, TO_I_IN, TO_V_IN = range(5)
"""Rows of gradients that travel back: to spikes, I and V, [row, sample, neuron]."""


@compiled
def carry(w_back, to_i, to_s):
    """to_s = to_i @ w_back for samples together, four rows of weights at a time.

    Args:
        w_back: recurrent weights [neuron, presynaptic neuron].
        to_i: gradients to currents, [sample, neuron].
        to_s: gradients to the spikes of the step before, [sample, neuron].
    """
    neurons = w_back.shape[0]
    to_s[:] = 0
    for k in range(0, neurons - neurons % 4, 4):
        w0, w1, w2, w3 = w_back[k], w_back[k + 1], w_back[k + 2], w_back[k + 3]
        for b in range(to_i.shape[0]):
            g0, g1, g2, g3 = to_i[b, k], to_i[b, k + 1], to_i[b, k + 2], to_i[b, k + 3]
            row = to_s[b]
            for n in range(neurons):
                row[n] += g0 * w0[n] + g1 * w1[n] + g2 * w2[n] + g3 * w3[n]
    for k in range(neurons - neurons % 4, neurons):
        for b in range(to_i.shape[0]):
            for n in range(neurons):
                to_s[b, n] += to_i[b, k] * w_back[k, n]


@compiled
def slopes(v, alive, graded, step, smooth):
    """Gradients of spikes and of what is passed on with respect to V, all [neuron]."""
    one, half = alive.dtype.type(1), alive.dtype.type(0.5)
    for n in range(v.size):
        step[n] = alive[n] if v[n] > -half else alive.dtype.type(0)
        smooth[n] = step[n]
    if graded:
        for n in range(v.size):
            bend = np.tanh(v[n] + one)
            smooth[n] = alive[n] * half * (one - bend * bend)


@compiled
def recall(trace, at, alive, work):
    """I, V and spikes at the end of the step before, of a layer's trace of I and V."""
    (i, v), (b, t) = trace, at
    if t == 0:
        work[LAST], work[I_LAST], work[V_LAST] = 0, 0, -1
        return
    fire(v[b, t - 1], alive, False, work[LAST], work[UNUSED])
    for n in range(alive.size):
        work[I_LAST, n] = i[b, t - 1, n]
        work[V_LAST, n] = v[b, t - 1, n] - work[LAST, n]


@compiled
def fall_back(i, layer, to, back, work):
    """One step back through a layer's membranes and synapses.

    Args:
        i: [neuron].
        layer: bias, keep, share, each [neuron].
        to: gradients to bias, keep and share, which are added to.
        back: gradients to I of the step behind and to V before the fall; turned into those to I
            of this step and to V at the end of the step before.
        work: holds that, and gets what pulls at V as `PULL`.
    """
    bias, keep, share = layer
    to_bias, to_keep, to_share = to
    to_i, to_v = back
    for n in range(i.size):
        aim = i[n] + work[EXTRA, n] + bias[n]
        to_share[n] += to_v[n] * (aim - work[V_LAST, n])
        pulled = to_v[n] * share[n]
        to_bias[n] += pulled
        to_v[n] -= pulled
        to_i[n] = to_i[n] * keep[n] + pulled
        to_keep[n] += to_i[n] * work[I_LAST, n]
        work[PULL, n] = pulled


@compiled
def recurrent_back(everything, at, to_output, back, work):
    """A step back through the recurrent layer, given the gradient to the readout."""
    chip, given, trace, wanted, to = everything
    b, t = at
    v, to_i, to_v = trace.v[b, t], back[TO_I, b], back[TO_V, b]
    slopes(v, given.alive, given.graded, work[STEP], work[SMOOTH])
    fire(v, given.alive, given.graded, work[UNUSED], work[PASSED])
    each, square = wanted.total[0], wanted.total[1]
    for n in range(v.size):
        to.w_out[n] += to_output * work[PASSED, n]
        passed = (to_output * chip.w_out[n] + each) * work[SMOOTH, n]
        spiked = (back[TO_S, b, n] - to_v[n]) * work[STEP, n]
        to_v[n] += spiked + passed + square * (v[n] + v[n])
    if given.graded:
        for n in range(v.size):
            work[EXTRA, n] = work[PASSED_IN, n] * chip.w_link[n]
    recall((trace.i, trace.v), at, given.alive, work)
    layer, to_layer = (chip.bias, chip.keep, chip.share), (to.bias, to.keep, to.share)
    fall_back(trace.i[b, t], layer, to_layer, (to_i, to_v), work)
    for k in range(v.size):
        if work[LAST, k] != 0:
            for n in range(v.size):
                to.w_rec[k, n] += work[LAST, k] * to_i[n]


@compiled
def input_back(everything, at, back, work):
    """A step back through the input layer, behind `recurrent_back`."""
    chip, given, trace, wanted, to = everything
    b, t = at
    v, to_i, to_v = trace.v_in[b, t], back[TO_I_IN, b], back[TO_V_IN, b]
    slopes(v, work[ALL], given.graded, work[STEP], work[SMOOTH])
    arriving = work[PULL] if given.graded else back[TO_I, b]
    each, square = wanted.total[0], wanted.total[1]
    for n in range(v.size):
        to.w_link[n] += arriving[n] * work[PASSED_IN, n]
        passed = (arriving[n] * chip.w_link[n] + each) * work[SMOOTH, n]
        to_v[n] += passed - to_v[n] * work[STEP, n] + square * (v[n] + v[n])
    work[EXTRA] = 0
    recall((trace.i_in, trace.v_in), at, work[ALL], work)
    layer, to_layer = (
        (chip.bias_in, chip.keep_in, chip.share_in),
        (to.bias_in, to.keep_in, to.share_in),
    )
    fall_back(trace.i_in[b, t], layer, to_layer, (to_i, to_v), work)
    for c in range(given.input.shape[2]):
        x = given.input[b, t, c]
        for n in range(v.size):
            to.w_in[c, n] += x * to_i[n]


@compiled
def play_back(chip, given, trace, wanted, to):
    """Add to the gradients `to`, a `Chip`, what comes back from a trace with all its steps."""
    samples, steps = given.input.shape[:2]
    back = np.zeros((5, samples, chip.bias.size), chip.bias.dtype)
    work = np.zeros((11, chip.bias.size), chip.bias.dtype)
    work[ALL] = 1
    w_back = chip.w_rec.T.copy()
    to_output = np.zeros(samples, chip.bias.dtype)
    everything = (chip, given, trace, wanted, to)
    for t in range(steps - 1, -1, -1):
        carry(w_back, back[TO_I], back[TO_S])
        for b in range(samples):
            to_output[b] = to_output[b] * chip.keep_out[0] + wanted.output[b, t]
            if t > 0:
                to.keep_out[0] += to_output[b] * trace.output[b, t - 1]
            fire(trace.v_in[b, t], work[ALL], given.graded, work[UNUSED], work[PASSED_IN])
            recurrent_back(everything, (b, t), to_output[b], back, work)
            input_back(everything, (b, t), back, work)
