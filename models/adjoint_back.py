"""The way back of models/adjoint.py: from the gradient of spikes to that of weights and drive."""

from __future__ import annotations

import numpy as np

from .adjoint import SEGMENT, SURROGATE_SLOPE, TAPE_PHI, TAPE_X, TAPE_Z, add_row, deliver, pulse
from .kernel import (
    AHP,
    AHP_DECAY,
    AHP_FLOOR,
    AHP_JUMP,
    AHP_MEAN,
    AMPA_KIND,
    CURRENT,
    DC,
    DENDRITE,
    FLOOR,
    GABA_KIND,
    LEAK,
    NMDA_KIND,
    PER_CHARGE,
    SHUNT_KIND,
    THRESHOLD,
    WAIT,
    compiled,
)
from .vector_math import inlined, lit

NEXT_AHP = 0
"""Row of a segment with the adaptation current before its floor (the soma is on the tape)."""

# Rows of the adjoints [row, neuron].
G_Z, G_AHP, G_SPIKE, G_IN, G_SUM, INPUT, LEAKING, ADJOINTS = range(8)


@compiled
def again(p, kinds, adapts, clock, kept, drives, outcome, first, segment):
    """The linear circuits of the steps from `first` on, once more, from a checkpoint.

    Fills `segment` [step, row, neuron] with WAIT and AHP at the start of each step, the currents
    of the dendrites after what arrived, and NEXT_AHP.
    """
    dt, dark = clock
    arriving, event_step, event_source, event_number, w_in, w_rec = drives
    spikes, waits, before = outcome
    rows, n_neurons = CURRENT + kinds.size, np.uint64(p.shape[1])
    zeroth, zero = np.uint64(0), lit(dt, 0)
    state, pending = kept[:rows].copy(), kept[rows:].copy()
    event = np.searchsorted(event_step, first)
    for i in range(segment.shape[0]):
        k = first + i
        for d in range(kinds.size):
            row = DENDRITE + 3 * d
            for n in range(zeroth, n_neurons):
                current = state[CURRENT + d, n] + p[row + 2, n] * pending[d, n]
                segment[i, CURRENT + d, n] = current
                end = current * p[row, n]
                state[CURRENT + d, n] = end if end > dark else dark
                pending[d, n] = zero
        for n in range(zeroth, n_neurons):
            segment[i, WAIT, n] = state[WAIT, n]
            left = dt - state[WAIT, n]
            state[WAIT, n] = -left if left < zero else zero
        if adapts:
            for n in range(zeroth, n_neurons):
                segment[i, AHP, n] = state[AHP, n]
                state[AHP, n] *= p[AHP_DECAY, n]
        for j in range(before[k], before[k + 1]):
            state[WAIT, spikes[j]] = waits[j]
            state[AHP, spikes[j]] += pulse(p, spikes[j], waits[j], dt)
        if adapts:
            for n in range(zeroth, n_neurons):
                segment[i, NEXT_AHP, n] = state[AHP, n]
                state[AHP, n] = max(state[AHP, n], p[AHP_FLOOR, n])
        while event < event_step.size and event_step[event] == k:
            add_row(pending, w_in[event_source[event]], event_number[event])
            event += 1
        deliver(pending, arriving, w_rec, spikes, before, k)


@compiled
def seen(p, kinds, adapts, currents, g, dark):
    """What the soma saw in a step: its input current and all that leaks [A]."""
    zeroth, n_neurons = np.uint64(0), np.uint64(p.shape[1])
    base, leaking = dark, dark
    for kind in kinds:
        if kind == AMPA_KIND or kind == NMDA_KIND:
            base -= dark
        elif kind == GABA_KIND:
            base += dark
        else:
            leaking -= dark
    base += dark
    # Written as in kernel.dendrites: what is missing rests at the dark current.
    for n in range(zeroth, n_neurons):
        g[INPUT, n] = p[DC, n] + base - dark + dark
        g[LEAKING, n] = p[LEAK, n] + leaking
    for d in range(kinds.size):
        into = LEAKING if kinds[d] == SHUNT_KIND else INPUT
        sign = lit(dark, -1) if kinds[d] == GABA_KIND else lit(dark, 1)
        for n in range(zeroth, n_neurons):
            mean = currents[CURRENT + d, n] * p[DENDRITE + 3 * d + 1, n]
            g[into, n] += sign * (mean if mean > dark else dark)
    if adapts:
        for n in range(zeroth, n_neurons):
            ahp = currents[AHP, n] * p[AHP_MEAN, n]
            g[LEAKING, n] += ahp if ahp > p[AHP_FLOOR, n] else p[AHP_FLOOR, n]


@inlined
def phi1_slope(a, phi):
    """Derivative of phi1 at a."""
    near = abs(a) < lit(a, 0.1)
    series = lit(a, 1 / 2) + a * (lit(a, 1 / 3) + a * (lit(a, 1 / 8) + a * lit(a, 1 / 30)))
    series += a * a * a * a * (lit(a, 1 / 144) + a * lit(a, 1 / 840))
    one = lit(a, 1)
    return series if near else (phi * (a - one) + one) / (one if near else a)


@compiled
def back_somas(p, per_threshold, wait, tape_z, tape_x, tape_phi, g, dark, dt):
    """Adjoints of the soma's step: of z, of the input current and of the leak."""
    zero, one = lit(dark, 0), lit(dark, 1)
    for n in range(np.uint64(0), np.uint64(p.shape[1])):
        x, phi, per_charge = tape_x[n], tape_phi[n], p[PER_CHARGE, n]
        left = dt - wait[n]
        h = left if left > zero else zero
        above = g[INPUT, n] >= dark
        i_in = g[INPUT, n] if above else dark
        leak = g[LEAKING, n]
        share = x / (one + x)
        rate = (i_in - leak * (one + x)) * per_charge
        a = -h * leak * share * per_charge
        end = tape_z[n] + h * rate * phi
        far = end if end > p[FLOOR, n] else p[FLOOR, n]
        far = lit(dark, SURROGATE_SLOPE) * abs(far - p[THRESHOLD, n]) * per_threshold[n] + one
        g_end = g[G_Z, n]
        g_end += g[G_SPIKE, n] * per_threshold[n] / (far * far) if h > zero else zero
        g_end = g_end if end >= p[FLOOR, n] else zero
        by_rate = h * phi * per_charge
        by_slope = h * h * rate * phi1_slope(a, phi) * per_charge
        bend = by_slope / ((one + x) * (one + x))
        g[G_Z, n] = g_end * (one - leak * (by_rate + bend) * share)
        g[G_IN, n] = g_end * by_rate if above else zero
        g[G_SUM, n] = -g_end * (by_rate * (one + x) + by_slope * share)


@compiled
def back_dendrites(p, kinds, currents, g, g_currents, g_pending, dark):
    """Adjoints of the dendrites and of what arrived at them."""
    zero = lit(dark, 0)
    for d in range(kinds.size):
        row = DENDRITE + 3 * d
        source = G_SUM if kinds[d] == SHUNT_KIND else G_IN
        sign = lit(dark, -1) if kinds[d] == GABA_KIND else lit(dark, 1)
        for n in range(np.uint64(0), np.uint64(p.shape[1])):
            current = currents[CURRENT + d, n]
            by_mean, by_end = p[row + 1, n], p[row, n]
            total = sign * g[source, n] * by_mean if current * by_mean >= dark else zero
            total += g_currents[d, n] * by_end if current * by_end >= dark else zero
            g_currents[d, n] = total
            g_pending[d, n] = total * p[row + 2, n]


@compiled
def gather(g, listeners, w_back, g_pending):
    """g[G_SPIKE] += what the spike of each neuron does one step later.

    `listeners` are the slots (dendrite, neuron) that hear any neuron, `w_back` [slot, neuron]
    their weights; four at a time, to keep sums in registers.
    """
    flat = g_pending.reshape(g_pending.size)
    quads = listeners.size // 4 * 4
    n_neurons = np.uint64(g.shape[1])
    for i in range(0, quads, 4):
        a, b = flat[listeners[i]], flat[listeners[i + 1]]
        c, d = flat[listeners[i + 2]], flat[listeners[i + 3]]
        w = w_back[i : i + 4]
        for n in range(np.uint64(0), n_neurons):
            g[G_SPIKE, n] += a * w[0, n] + b * w[1, n] + (c * w[2, n] + d * w[3, n])
    for i in range(quads, listeners.size):
        a = flat[listeners[i]]
        for n in range(np.uint64(0), n_neurons):
            g[G_SPIKE, n] += a * w_back[i, n]


@compiled
def back_adaptation(p, outcome, k, currents, g, dt):
    """Adjoint of adaptation: of its current, and of the spikes that feed it."""
    spikes, waits, before = outcome
    zero = lit(dt, 0)
    for n in range(np.uint64(0), np.uint64(p.shape[1])):
        if currents[NEXT_AHP, n] < p[AHP_FLOOR, n]:
            g[G_AHP, n] = zero
        g[G_SPIKE, n] += g[G_AHP, n] * p[AHP_JUMP, n] * p[AHP_DECAY, n]
    for j in range(before[k], before[k + 1]):
        n = spikes[j]
        late = pulse(p, n, waits[j], dt) - p[AHP_JUMP, n] * p[AHP_DECAY, n]
        g[G_SPIKE, n] += g[G_AHP, n] * late


@compiled
def backward(
    p, per_threshold, kinds, adapts, clock, drives, outcome, kept, tape, listeners, w_back,
    g_raster, g_arriving, g_in, g_rec,
):  # fmt: skip
    """Add the gradients of one trial on one chip to g_arriving, g_in and g_rec.

    Arguments as in `adjoint.forward`; `outcome` is what it returned.
    """
    dt, dark = clock
    spikes, waits, before = outcome
    _, event_step, event_source, event_number, _, w_rec = drives
    steps, n_neurons = g_raster.shape
    segment = np.zeros((SEGMENT, CURRENT + kinds.size, n_neurons), p.dtype)
    g = np.zeros((ADJOINTS, n_neurons), p.dtype)
    g_currents = np.zeros((kinds.size, n_neurons), p.dtype)
    g_pending = np.zeros((kinds.size, n_neurons), p.dtype)
    event = event_step.size - 1
    for mark in range(kept.shape[0] - 1, -1, -1):
        first = mark * SEGMENT
        size = min(SEGMENT, steps - first)
        again(p, kinds, adapts, clock, kept[mark], drives, outcome, first, segment[:size])
        for k in range(first + size - 1, first - 1, -1):
            currents = segment[k - first]
            while event >= 0 and event_step[event] == k:
                add_row(g_in[event_source[event]], g_pending, event_number[event])
                event -= 1
            if g_arriving.shape[0]:
                add_row(g_arriving[k], g_pending, lit(dt, 1))
            g[G_SPIKE] = g_raster[k]
            if w_rec.shape[0]:
                gather(g, listeners, w_back, g_pending)
                for j in range(before[k], before[k + 1]):
                    add_row(g_rec[spikes[j]], g_pending, lit(dt, 1))
            if adapts:
                back_adaptation(p, outcome, k, currents, g, dt)
            for j in range(before[k], before[k + 1]):
                g[G_Z, spikes[j]] = lit(dt, 0)
            seen(p, kinds, adapts, currents, g, dark)
            back_somas(
                p, per_threshold, currents[WAIT], tape[k, TAPE_Z], tape[k, TAPE_X],
                tape[k, TAPE_PHI], g, dark, dt,
            )  # fmt: skip
            if adapts:
                for n in range(np.uint64(0), np.uint64(n_neurons)):
                    alive = currents[AHP, n] * p[AHP_MEAN, n] > p[AHP_FLOOR, n]
                    g[G_AHP, n] *= p[AHP_DECAY, n]
                    g[G_AHP, n] += g[G_SUM, n] * p[AHP_MEAN, n] if alive else lit(dt, 0)
            back_dendrites(p, kinds, currents, g, g_currents, g_pending, dark)
