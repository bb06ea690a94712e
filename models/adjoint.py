"""The adjoint of the neurons' step, written by hand: forward with a tape, and backward.

For threshold somas without a gated NMDA dendrite (`unrolling` takes torch's autograd for others).
The tape holds, per step, z, x = I / I_gain and phi1 of the soma's step; the dendrites, whose
equations are linear, are computed again from a checkpoint every `SEGMENT` steps. So the way back
needs no exponential, and memory is three numbers per neuron and step; or, where those were too
many (models/checkpoints.py), a tape of one stretch after the other, each played once more from a
checkpoint before the way back goes through it.

`LANES` trials of one chip are played side by side: element n * LANES + trial of every row is
neuron n of a trial. So a weight that is read once serves all of them, in one vector instruction.

Derivatives, as in neuron.step: spikes by the fast sigmoid of models/surrogate.py, nothing through
the reset, the refractory period and the moment of a spike within its step.
"""

from __future__ import annotations

import numpy as np

from .compiled import compiled
from .kernel import dendrites, spent
from .kernel_rows import (
    AHP,
    AHP_DECAY,
    AHP_FLOOR,
    AHP_MEAN,
    CURRENT,
    FLOOR,
    MIDDLE,
    NMDA,
    NOTES,
    PER_CHARGE,
    REFRACTORY,
    STEADY,
    SUM,
    THRESHOLD,
    WAIT,
    WAIT_BEFORE,
    Z_BEFORE,
    X,
    Z,
)
from .kernel_soma import fire, plain, plain_middles
from .vector_math import inlined, lit, phi1
from .vector_omega import omegas

SEGMENT = 64
"""Steps between checkpoints."""

LANES = 8
"""Trials side by side."""

ROOM = 16
"""Steps for whose spikes room is made at once."""

ACROSS = np.uint64(LANES)
"""As an index, see `entries`."""

TAPE_Z, TAPE_X, TAPE_PHI, TAPE = range(4)


@inlined
def taped_somas(state, p, notes, z_tape, x_tape, phi_tape, dark, dt):
    """As `kernel.plain_somas` for all neurons, keeping what the way back needs."""
    zero = lit(dark, 0)
    plain_middles(state, p, notes, 0, state.shape[1], dark, dt)
    omegas(notes[MIDDLE], x_tape, 0, state.shape[1])
    for n in range(np.uint64(0), np.uint64(state.shape[1])):
        z, wait = state[Z, n], state[WAIT, n]
        z_tape[n] = notes[Z_BEFORE, n] = z
        notes[WAIT_BEFORE, n] = wait
        left = dt - wait
        h = left if left > zero else zero
        rate, slope = plain(
            x_tape[n], notes[STEADY, n], notes[NMDA, n], notes[SUM, n], p[PER_CHARGE, n], dark
        )
        rate += slope * (z - notes[MIDDLE, n])
        phi = phi_tape[n] = phi1(h * slope)
        end = z + h * rate * phi
        state[Z, n] = end if end > p[FLOOR, n] else p[FLOOR, n]
        state[WAIT, n] = -left if left < zero else zero


@inlined
def since_spike(p, n, wait, dt):
    """How far adaptation decays from a spike to the end of its step; `wait` is what follows."""
    moment = max(wait - p[REFRACTORY, n] + dt, lit(dt, 0))
    return p[AHP_DECAY, n] ** (lit(dt, 1) - moment / dt)


@inlined
def adapt(p, ahp, spikes, waits, dt):
    """Adaptation over a step; `spikes` are the neurons that spiked in it."""
    for k in range(spikes.size):  # kept apart: all others are held at their floor
        n = spikes[k]
        ahp[n] = -spent(p, n, ahp[n] * p[AHP_DECAY, n], since_spike(p, n, waits[k], dt))
    for n in range(np.uint64(0), np.uint64(ahp.size)):
        end, floor = ahp[n] * p[AHP_DECAY, n], p[AHP_FLOOR, n]
        end = end if end > floor else floor
        ahp[n] = -ahp[n] if ahp[n] < lit(dt, 0) else end


@inlined
def taped_step(state, p, pending, notes, kinds, adapts, tape, spikes, waits, count, dt, dark):
    """One step; spiking neurons and how long they wait are appended from `count` on."""
    zeroth, n_neurons, first = np.uint64(0), np.uint64(state.shape[1]), count
    dendrites(state, p, pending, notes, kinds, 0, state.shape[1], dark)
    if adapts:
        for n in range(zeroth, n_neurons):
            ahp = state[AHP, n] * p[AHP_MEAN, n]
            notes[SUM, n] += ahp if ahp > p[AHP_FLOOR, n] else p[AHP_FLOOR, n]
    taped_somas(state, p, notes, tape[TAPE_Z], tape[TAPE_X], tape[TAPE_PHI], dark, dt)
    for n in range(zeroth, n_neurons):
        if state[Z, n] >= p[THRESHOLD, n] and notes[WAIT_BEFORE, n] < dt:
            notes[X, n] = tape[TAPE_X, n]
            fire(state, p, notes, n, dark, dt, dark)
            waits[count] = state[WAIT, n] = max(state[WAIT, n], -dt)
            spikes[count] = n
            count += 1
    if adapts:
        adapt(p, state[AHP], spikes[first:count], waits[first:count], dt)
    return count


@compiled
def forward(p, kinds, adapts, clock, start, drives, outcome, raster, tape, kept, stretch):
    """Play `LANES` trials to one chip, or a stretch of their steps once more.

    Args:
        p: coefficients [row, element].
        start: state and below it what is pending as the stretch begins, [row, element].
        drives: dense weight currents [lane, step, slot] (or none), outside events by step
            (first event of each step, source, lane, number), and what sources reach, as
            (start, slot, weight): outside ones, neurons.
        outcome: receives (element of every spike, how long it waits after its step [s], number of
            spikes before each step [step + 1]); the first two are replaced if they are too short.
        raster: receives the spikes, [lane, step, neuron]; fewer lanes than `LANES` may be real.
        tape: receives what the way back needs, [row, 3, element], step k in row k % rows.
        kept: receives state and what is pending every so many steps, as `start`, [mark, row,
            element]; the marks go round, too.
        stretch: first step, the one after the last, and the steps from mark to mark.

    Returns:
        The first two of `outcome`, with room for one more step behind what counts.
    """
    spikes, waits, before = outcome
    first, last, every = stretch
    elements = p.shape[1]
    most = ROOM * elements
    now = start.copy()
    notes = np.zeros((NOTES, elements), p.dtype)
    for k in range(first, last, ROOM):
        if before[k] + most > spikes.size:
            spikes = np.concatenate((spikes, spikes, np.empty(most, np.int32)))
            waits = np.concatenate((waits, waits, np.empty(most, p.dtype)))
        some, room = (k, min(k + ROOM, last), every), (spikes, waits, before)
        play(p, kinds, adapts, clock, now, notes, drives, room, raster, tape, kept, some)
    size = min(before[last] + elements, spikes.size)
    return spikes[:size].copy(), waits[:size].copy()


@inlined
def play(p, kinds, adapts, clock, now, notes, drives, outcome, raster, tape, kept, stretch):
    """As `forward`, some steps for whose spikes there is room; `now` is as `start` and goes on."""
    dt, dark = clock
    spikes, waits, before = outcome
    first, last, every = stretch
    rows = CURRENT + kinds.size
    state, pending = now[:rows], now[rows:]
    for k in range(first, last):
        if k % every == 0:
            copied(now, kept[k // every % kept.shape[0]])
        count = taped_step(
            state, p, pending, notes, kinds, adapts, tape[k % tape.shape[0]], spikes, waits,
            before[k], dt, dark,
        )  # fmt: skip
        before[k + 1] = count
        mark(raster, k, spikes, before[k], count, dt)
        deliver(pending, drives, spikes, before, k)


@inlined
def mark(raster, k, spikes, first, last, dt):
    """Write the spikes of step k, those numbered first to last, into a raster of real lanes."""
    for j in range(first, last):
        lane = spikes[j] % LANES
        if lane < raster.shape[0]:
            raster[lane, k, spikes[j] // LANES] = lit(dt, 1)


@inlined
def copied(now, to):
    """Overwrite a checkpoint [row, element] with another."""
    for row in range(now.shape[0]):
        for n in range(now.shape[1]):
            to[row, n] = now[row, n]


@inlined
def entries(start, source):
    """Entries of a source, as indices that are never taken from an array's end: numba asks that
    of every signed one."""
    return range(np.uint64(start[source]), np.uint64(start[source + 1]))


@inlined
def deliver(pending, drives, spikes, before, k):
    """What arrives in step k + 1: of the dense drive, of outside events, of spikes."""
    dense, (first, source, lane, number), (in_start, in_slot, in_weight), (start, slot, weight) = (
        drives
    )
    flat = pending.reshape(pending.size)
    for b in range(dense.shape[0]):
        for s in range(dense.shape[2]):
            flat[s * LANES + b] += dense[b, k, s]
    for event in range(first[k], first[k + 1]):
        b, factor = np.uint64(lane[event]), number[event]
        for e in entries(in_start, source[event]):
            flat[np.uint64(in_slot[e]) * ACROSS + b] += factor * in_weight[e]
    for j in range(before[k], before[k + 1]):
        n, b = spikes[j] // LANES, np.uint64(spikes[j] % LANES)
        for e in entries(start, n):
            flat[np.uint64(slot[e]) * ACROSS + b] += weight[e]
