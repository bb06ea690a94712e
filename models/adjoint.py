"""The adjoint of the neurons' step, written by hand: forward with a tape, and backward.

For threshold somas without a gated NMDA dendrite (`unrolling` takes torch's autograd for others).
The tape holds, per step, z, x = I / I_gain and phi1 of the soma's step; the dendrites, whose
equations are linear, are computed again from a checkpoint every `SEGMENT` steps. So memory is
three numbers per neuron and step, and the way back needs no exponential.

Derivatives, as in neuron.step: spikes by the fast sigmoid of models/surrogate.py, nothing through
the reset, the refractory period and the moment of a spike within its step.
"""

from __future__ import annotations

import numpy as np

from .kernel import (
    AHP,
    AHP_DECAY,
    AHP_FLOOR,
    AHP_JUMP,
    AHP_MEAN,
    FLOOR,
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
    Z,
    compiled,
    dendrites,
    fire,
    phi1,
    plain,
)
from .surrogate import SpikeAtThreshold
from .vector_math import inlined, lit, omega

SEGMENT = 64
"""Steps between checkpoints."""

SURROGATE_SLOPE = SpikeAtThreshold.SLOPE

TAPE_Z, TAPE_X, TAPE_PHI = range(3)


@compiled
def taped_somas(state, p, notes, z_tape, x_tape, phi_tape, dark, dt):
    """As `kernel.plain_somas` for all neurons, keeping what the way back needs."""
    zero = lit(dark, 0)
    for n in range(np.uint64(0), np.uint64(state.shape[1])):
        z, left = notes[Z_BEFORE, n], dt - notes[WAIT_BEFORE, n]
        x = omega(z)
        rate, slope = plain(
            x, notes[STEADY, n], notes[NMDA, n], notes[SUM, n], p[PER_CHARGE, n], dark
        )
        h = left if left > zero else zero
        phi = phi1(h * slope)
        end = z + h * rate * phi
        x_tape[n], phi_tape[n] = x, phi
        state[Z, n] = end if end > p[FLOOR, n] else p[FLOOR, n]
        state[WAIT, n] = -left if left < zero else zero


@inlined
def pulse(p, n, wait, dt):
    """Adaptation current that a spike leaves at the end of its step [A]; `wait` is what follows."""
    moment = max(wait - p[REFRACTORY, n] + dt, lit(dt, 0))
    return p[AHP_JUMP, n] * p[AHP_DECAY, n] ** (lit(dt, 1) - moment / dt)


@compiled
def taped_step(state, p, pending, notes, kinds, adapts, tape, spikes, waits, count, dt, dark):
    """One step; spiking neurons and how long they wait are appended from `count` on."""
    zeroth, n_neurons = np.uint64(0), np.uint64(state.shape[1])
    dendrites(state, p, pending, notes, kinds, dark)
    if adapts:
        for n in range(zeroth, n_neurons):
            ahp = state[AHP, n] * p[AHP_MEAN, n]
            notes[SUM, n] += ahp if ahp > p[AHP_FLOOR, n] else p[AHP_FLOOR, n]
            state[AHP, n] *= p[AHP_DECAY, n]
    for n in range(zeroth, n_neurons):
        notes[Z_BEFORE, n] = state[Z, n]
        notes[WAIT_BEFORE, n] = state[WAIT, n]
        tape[TAPE_Z, n] = state[Z, n]
    taped_somas(state, p, notes, tape[TAPE_Z], tape[TAPE_X], tape[TAPE_PHI], dark, dt)
    for n in range(state.shape[1]):
        if state[Z, n] >= p[THRESHOLD, n] and notes[WAIT_BEFORE, n] < dt:
            fire(state, p, notes, n, dark, dt, dark)
            waits[count] = state[WAIT, n] = max(state[WAIT, n], -dt)
            spikes[count] = n
            state[AHP, n] += pulse(p, n, waits[count], dt)
            count += 1
    if adapts:
        for n in range(zeroth, n_neurons):
            state[AHP, n] = max(state[AHP, n], p[AHP_FLOOR, n])
    return count


@compiled
def forward(p, kinds, adapts, clock, state, arriving, events, w_in, w_rec, raster, tape):
    """Play one trial to one chip.

    Args:
        p: coefficients [row, neuron]; `state` [row, neuron], at rest, is used up.
        arriving: dense weight currents [step, dendrite, neuron], or empty.
        events: (step, source, number) of the outside events, sorted by step.
        w_in, w_rec: weight currents [source, dendrite, neuron].
        raster: receives the spikes, [step, neuron].
        tape: receives what the way back needs, [step, 3, neuron].

    Returns:
        Neuron of every spike and how long it waits then, the number of spikes before each step, and the state and
        what was pending every `SEGMENT` steps.
    """
    dt, dark = clock
    event_step, event_source, event_number = events
    steps, n_neurons = raster.shape
    notes = np.zeros((NOTES, n_neurons), p.dtype)
    pending = np.zeros((kinds.size, n_neurons), p.dtype)
    marks = -(-steps // SEGMENT)
    kept = np.empty((marks, state.shape[0] + kinds.size, n_neurons), p.dtype)
    spikes, waits = np.empty(1024, np.int32), np.empty(1024, p.dtype)
    before = np.zeros(steps + 1, np.int64)
    event = 0
    for k in range(steps):
        if k % SEGMENT == 0:
            kept[k // SEGMENT, : state.shape[0]] = state
            kept[k // SEGMENT, state.shape[0] :] = pending
        count = before[k]
        if count + n_neurons > spikes.size:
            spikes = np.concatenate((spikes, spikes, np.empty(n_neurons, np.int32)))
            waits = np.concatenate((waits, waits, np.empty(n_neurons, p.dtype)))
        count = taped_step(
            state, p, pending, notes, kinds, adapts, tape[k], spikes, waits, count, dt, dark
        )
        before[k + 1] = count
        for j in range(before[k], count):
            raster[k, spikes[j]] = lit(dt, 1)
        while event < event_step.size and event_step[event] == k:
            add_row(pending, w_in[event_source[event]], event_number[event])
            event += 1
        deliver(pending, arriving, w_rec, spikes, before, k)
    return spikes[: before[steps]].copy(), waits[: before[steps]].copy(), before, kept


@compiled
def add_row(into, row, factor):
    """into += factor * row, [dendrite, neuron]."""
    for d in range(row.shape[0]):
        for n in range(np.uint64(0), np.uint64(row.shape[1])):
            into[d, n] += factor * row[d, n]


@compiled
def deliver(pending, arriving, w_rec, spikes, before, k):
    """What the spikes of step k, and the dense drive, send to step k + 1."""
    if arriving.shape[0]:
        add_row(pending, arriving[k], lit(pending[0, 0], 1))
    if w_rec.shape[0]:
        for j in range(before[k], before[k + 1]):
            add_row(pending, w_rec[spikes[j]], lit(pending[0, 0], 1))
