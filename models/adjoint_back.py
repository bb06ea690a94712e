"""The way back of models/adjoint.py through one step; adjoint_stretches.py takes all steps."""

from __future__ import annotations

import numpy as np

from .adjoint import (
    ACROSS,
    LANES,
    adapt,
    deliver,
    since_spike,
)
from .kernel import spent
from .kernel_rows import (
    AHP,
    AHP_DECAY,
    AHP_FLOOR,
    AHP_JUMP,
    AHP_MEAN,
    CURRENT,
    DC,
    DENDRITE,
    FLOOR,
    GABA_KIND,
    LEAK,
    PER_CHARGE,
    REFRACTORY,
    SHUNT_KIND,
    THRESHOLD,
    WAIT,
)
from .kernel_soma import plain_middle
from .surrogate import SpikeAtThreshold
from .vector_math import inlined, lit
from .vector_rows import add_rows, turn

SURROGATE_SLOPE = SpikeAtThreshold.SLOPE

# Rows of the adjoints [row, neuron].
G_Z, G_AHP, G_FREE, G_SPIKE, G_RASTER, G_IN, G_SUM, INPUT, LEAKING, G_WAIT, G_WAITED = range(11)
ADJOINTS = 11


@inlined
def again(p, kinds, adapts, clock, now, drives, outcome, first, segment, g_p):
    """The linear circuits of the steps from `first` on, once more.

    `now` is the checkpoint [row, element] to begin with, and is overwritten. Fills `segment`
    [step, row, neuron] with WAIT and AHP at the start of each step and the currents of the
    dendrites after what arrived; if there is a `g_p`, below them, what arrived.
    """
    dt, dark = clock
    spikes, waits, before = outcome
    rows, n_neurons = CURRENT + kinds.size, np.uint64(p.shape[1])
    zeroth, zero = np.uint64(0), lit(dt, 0)
    state, pending = now[:rows], now[rows:]
    for i in range(segment.shape[0]):
        k = first + i
        for d in range(kinds.size):
            row = DENDRITE + 3 * d
            for n in range(zeroth, n_neurons):
                current = state[CURRENT + d, n] + p[row + 2, n] * pending[d, n]
                segment[i, CURRENT + d, n] = current
                if g_p is not None:
                    segment[i, CURRENT + kinds.size + d, n] = pending[d, n]
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
            fired = slice(before[k], before[k + 1])
            adapt(p, state[AHP], spikes[fired], waits[fired], dt)
        for j in range(before[k], before[k + 1]):
            state[WAIT, spikes[j]] = waits[j]
        deliver(pending, drives, spikes, before, k)


@inlined
def seen(p, kinds, adapts, currents, g, dark):
    """What the soma saw in a step: its input current and all that leaks [A]."""
    zeroth, n_neurons = np.uint64(0), np.uint64(p.shape[1])
    # As in kernel.dendrites: a dendrite without synapses rests at the dark current.
    base, leaking = dark, dark
    for kind in kinds:
        if kind == SHUNT_KIND:
            leaking -= dark
        else:
            base += dark if kind == GABA_KIND else -dark
    for n in range(zeroth, n_neurons):
        g[INPUT, n] = p[DC, n] + base
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


@inlined
def back_somas(p, per_threshold, wait, tape_z, tape_x, tape_phi, g, g_p, dark, dt):
    """Adjoints of the soma's step: of z, of the input current and of the leak; of coefficients, if
    there is a `g_p`."""
    zero, one = lit(dark, 0), lit(dark, 1)
    for n in range(np.uint64(0), np.uint64(p.shape[1])):
        x, z, phi, per_charge = tape_x[n], tape_z[n], tape_phi[n], p[PER_CHARGE, n]
        left = dt - wait[n]
        h = left if left > zero else zero
        above = g[INPUT, n] >= dark
        i_in = g[INPUT, n] if above else dark
        leak, floor, threshold = g[LEAKING, n], p[FLOOR, n], p[THRESHOLD, n]
        there = plain_middle(z, h, i_in, zero, leak, per_charge, dark, threshold, floor)
        over = one / (one + x)
        share, away = x * over, z - there
        slope = -leak * share * per_charge
        rate = (i_in - leak * (one + x)) * per_charge + slope * away
        a = h * slope
        end = z + h * rate * phi
        far = end if end > floor else floor
        far = lit(dark, SURROGATE_SLOPE) * abs(far - threshold) * per_threshold[n] + one
        g_spike = g[G_SPIKE, n] * per_threshold[n] / (far * far) if h > zero else zero
        g_far = g[G_Z, n] + g_spike
        g_end = g_far if end >= floor else zero
        by_rate = h * phi
        by_slope = by_rate * away + h * h * rate * phi1_slope(a, phi)
        # The middle moves with all that it was guessed from, unless it is at an end of its range.
        half = lit(dark, 0.5) * h * per_charge
        slower = one + half * leak
        half /= slower
        by_there = -by_slope * share * over * over * leak * per_charge
        moved = by_there if floor < there and there < threshold else zero
        guessed = one + (z if z > zero else zero)
        g[G_Z, n] = g_end * (one + a * phi + moved * (one - (half * leak if z > zero else zero)))
        g[G_IN, n] = g_end * (by_rate * per_charge + moved * half) if above else zero
        out = (by_rate * (one + x) + by_slope * share) * per_charge
        g[G_SUM, n] = -g_end * (out + moved * half * (guessed - away))
        if g_p is not None:
            stopped = g_end * by_there
            at_top = there >= threshold and threshold > z
            g_p[THRESHOLD, n] += (stopped if at_top else zero) - g_spike
            g_p[FLOOR, n] += g_far - g_end + (stopped if there <= floor else zero)
            g_p[DC, n] += g[G_IN, n]
            g_p[LEAK, n] += g[G_SUM, n]
            by_h = rate * (one + a * phi)
            by_h += moved * (i_in - leak * guessed) * lit(dark, 0.5) * per_charge / slower / slower
            g[G_WAIT, n] -= g_end * by_h if left > zero else zero


@inlined
def back_dendrites(p, kinds, currents, g, g_currents, g_pending, g_p, dark):
    """Adjoints of the dendrites and of what arrived at them; of coefficients, as `back_somas`."""
    zero = lit(dark, 0)
    for d in range(kinds.size):
        row = DENDRITE + 3 * d
        source = G_SUM if kinds[d] == SHUNT_KIND else G_IN
        sign = lit(dark, -1) if kinds[d] == GABA_KIND else lit(dark, 1)
        for n in range(np.uint64(0), np.uint64(p.shape[1])):
            current = currents[CURRENT + d, n]
            by_mean, by_end = p[row + 1, n], p[row, n]
            g_mean = sign * g[source, n] if current * by_mean >= dark else zero
            g_end = g_currents[d, n] if current * by_end >= dark else zero
            total = g_mean * by_mean + g_end * by_end
            g_currents[d, n] = total
            g_pending[d, n] = total * p[row + 2, n]
            if g_p is not None:
                g_p[row, n] += g_end * current
                g_p[row + 1, n] += g_mean * current
                g_p[row + 2, n] += total * currents[CURRENT + kinds.size + d, n]


@inlined
def back_resets(outcome, k, wait, g, g_p, dt):
    """Adjoints of the reset and of the wait behind it: of their coefficients, and of the wait that
    the step began with."""
    spikes, waits, before = outcome
    zero = lit(dt, 0)
    for n in range(np.uint64(0), np.uint64(g.shape[1])):
        g[G_WAITED, n] = g[G_WAIT, n]
        g[G_WAIT, n] = g[G_WAIT, n] if wait[n] > dt else zero
    for j in range(before[k], before[k + 1]):
        n = spikes[j]
        g_p[FLOOR, n] += g[G_Z, n]
        g[G_WAIT, n] = g[G_WAITED, n] if waits[j] > -dt else zero
        g_p[REFRACTORY, n] += g[G_WAIT, n]


@inlined
def gather(g_source, reached, g_flat):
    """Add to `g_source` what an event of each source does one step later, in all lanes."""
    start, slot, weight = reached
    for n in range(start.size - 1):
        add_rows(g_source, n * LANES, LANES, g_flat, slot, weight, start[n], start[n + 1])


@inlined
def to_sources(drives, outcome, g_flat, work, g_to, k):
    """Gradients of what was delivered after step k: dense drive, events, weights of both kinds.

    `work` is space for rows that are added as they lie [lane, slot], and for [source and lane].
    """
    _, (first, source, lane, number), into, _ = drives
    spikes, _, before = outcome
    by_lane, g_source = work
    g_dense, g_counts, g_in, g_rec = g_to
    for s in range(np.uint64(0), np.uint64(by_lane.shape[1] // LANES * LANES), ACROSS):
        turn(by_lane, s, LANES, g_flat)
    for s in range(by_lane.shape[1] // LANES * LANES, by_lane.shape[1]):
        for b in range(LANES):
            by_lane[b, s] = g_flat[s * LANES + b]
    for b in range(g_dense.shape[0]):
        for s in range(g_dense.shape[2]):
            g_dense[b, k, s] += by_lane[b, s]
    if g_counts.shape[0]:
        g_source[:] = lit(g_flat[0], 0)
        gather(g_source, into, g_flat)
        for b in range(g_counts.shape[0]):
            for s in range(g_counts.shape[2]):
                g_counts[b, k, s] += g_source[s * LANES + b]
    if g_in.shape[0]:
        for event in range(first[k], first[k + 1]):
            row, b, factor = np.uint64(source[event]), np.uint64(lane[event]), number[event]
            for s in range(np.uint64(g_in.shape[1])):
                g_in[row, s] += factor * by_lane[b, s]
    if g_rec.shape[0]:
        for j in range(before[k], before[k + 1]):
            row, b = np.uint64(spikes[j] // LANES), np.uint64(spikes[j] % LANES)
            for s in range(np.uint64(g_rec.shape[1])):
                g_rec[row, s] += by_lane[b, s]


@inlined
def back_adaptation(p, outcome, k, currents, g, dt):
    """Adjoint of adaptation: of its current, and of the spikes that feed it."""
    spikes, waits, before = outcome
    zero = lit(dt, 0)
    for j in range(before[k], before[k + 1]):
        n, floor = spikes[j], p[AHP_FLOOR, spikes[j]]
        since, ahp = since_spike(p, n, waits[j], dt), currents[AHP, n] * p[AHP_DECAY, n]
        by_end = g[G_AHP, n] if spent(p, n, ahp, since) > floor else zero
        g[G_SPIKE, n] += p[AHP_JUMP, n] * (by_end * since - g[G_AHP, n] * p[AHP_DECAY, n])
        g[G_FREE, n] = by_end if ahp >= floor * since else zero
    for n in range(np.uint64(0), np.uint64(p.shape[1])):
        g[G_SPIKE, n] += g[G_AHP, n] * p[AHP_JUMP, n] * p[AHP_DECAY, n]
        free = currents[AHP, n] * p[AHP_DECAY, n] >= p[AHP_FLOOR, n]
        g[G_AHP, n] = g[G_AHP, n] if free else zero
    for j in range(before[k], before[k + 1]):
        g[G_AHP, spikes[j]] = g[G_FREE, spikes[j]]


@inlined
def from_spikes(g, g_raster, k, begin):
    """g[G_SPIKE] = gradient of the spikes of step k, [lane, step or 1, neuron]."""
    if begin or g_raster.shape[1] > 1:
        row = min(k, g_raster.shape[1] - 1)
        for n in range(g_raster.shape[2]):
            for b in range(g_raster.shape[0]):
                g[G_RASTER, n * LANES + b] = g_raster[b, row, n]
    for n in range(np.uint64(0), np.uint64(g.shape[1])):
        g[G_SPIKE, n] = g[G_RASTER, n]
