"""One compiled loop over time, for many trials of one chip.

Spikes are delivered along lists of synapses, so that cost follows spikes and used synapses. A
(chip, trial) is worked on by one thread, alone: no result depends on threads, chunks or order.
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import compiled
from .kernel import step
from .kernel_rows import AHP, CURRENT, LOG_GAIN, NOTES, WAIT, Z
from .vector_math import exp, inlined
from .vector_noise import hashed
from .vector_omega import omega
from .wiring import ADAPTATION, FIRST_DENDRITE, REFRACTORY, SOMA


@inlined
def deliver(pending, offset, source, start, slot, weight):
    """Add the weight currents of one source to what arrives in the next step."""
    for e in range(np.uint64(start[source]), np.uint64(start[source + 1])):
        pending[np.uint64(offset + slot[e])] += np.float64(weight[e])


@inlined
def deliver_late(pending, size, step_index, source, start, slot, weight, delay):
    """As `deliver`, each entry `delay` steps later; places of later steps follow in a ring."""
    ring = pending.size // size
    for e in range(start[source], start[source + 1]):
        pending[(step_index + 1 + delay[e]) % ring * size + slot[e]] += np.float64(weight[e])


@inlined
def deliver_depressed(pending, size, step_index, source, wiring, plastic, left, since):
    """As `deliver_late`, each entry with what is left of its weight, see models/plasticity.py.

    `since` is the step of the last event, negative if that was in an earlier run.
    """
    start, slot, weight, delay = wiring
    synapse, share, rate = plastic
    ring = pending.size // size
    for e in range(start[source], start[source + 1]):
        amps, s = np.float64(weight[e]), synapse[e]
        if s >= 0:
            now = 1.0 - (1.0 - left[s]) * math.exp(-rate[s] * (step_index - since[s]))
            amps *= now
            left[s], since[s] = now * (1.0 - share[s]), step_index
        late = delay[e] if delay.size else 0
        pending[(step_index + 1 + late) % ring * size + slot[e]] += amps


@inlined
def watch(state, p, dark, watched, total):
    """Add what the watched neurons hold to their sums, see `wiring.Meter`."""
    for j in range(watched.size):
        n = watched[j]
        total[SOMA, j] += omega(state[Z, n]) * exp(p[LOG_GAIN, n]) * dark
        total[ADAPTATION, j] += state[AHP, n]
        total[REFRACTORY, j] += state[WAIT, n] > 0.0
        for row in range(FIRST_DENDRITE, total.shape[0]):
            total[row, j] += state[CURRENT + row - FIRST_DENDRITE, n]


@compiled
def run(
    p,
    kinds,
    groups,
    adapts,
    wiring,
    plastic,
    drive,
    clock,
    chance,
    meter,
    states,
    pendings,
    depressed,
):
    """Play trials to one chip; see `fast.run` for the arguments.

    Returns:
        (spike, 3) trial, step, neuron; (spike,) moment within the step [s]; and per trial the
        number of (neuron, step) in which a neuron could not spike as often as it should.
    """
    start, slot, weight, delay = wiring
    steps, first_event, event_step, event_source = drive
    dt, dark, power = clock
    noise, keys, played = chance
    watched, totals = meter
    lefts, sinces = depressed
    n_neurons, late, depresses = p.shape[1], delay.size > 0, lefts.size > 0
    notes = np.zeros((NOTES, n_neurons), p.dtype)
    spikes, when = np.empty(n_neurons, np.int64), np.empty(n_neurons, p.dtype)
    out, moment = np.empty((1024, 3), np.int32), np.empty(1024, np.float64)
    saturated = np.zeros(steps.size, np.int64)
    total = 0
    for trial in range(steps.size):
        state, pending = states[trial], pendings[trial]
        left, since = lefts[trial], sinces[trial]
        ring, flat, size = pending.shape[0], pending.reshape(pending.size), pending[0].size
        event, last_event = first_event[trial], first_event[trial + 1]
        for k in range(steps[trial]):
            key = hashed(keys[trial], np.uint64(played[trial] + k))
            count, held = step(
                state, p, pending[k % ring], notes, kinds, groups, spikes, when, adapts,
                dt, dark, power, noise, key,
            )  # fmt: skip
            saturated[trial] += held
            watch(state, p, dark, watched, totals[trial])
            if total + count > out.shape[0]:
                more = np.empty((out.shape[0] // 2 + n_neurons, 3), np.int32)
                out = np.concatenate((out, more))
                moment = np.concatenate((moment, more[:, 0].astype(np.float64)))
            offset = (k + 1) % ring * size
            for j in range(count):
                n = spikes[j]
                out[total, 0], out[total, 1], out[total, 2] = trial, k, n
                moment[total] = when[n]
                total += 1
                if depresses:
                    deliver_depressed(flat, size, k, n, wiring, plastic, left, since)
                elif late:
                    deliver_late(flat, size, k, n, start, slot, weight, delay)
                else:
                    deliver(flat, offset, n, start, slot, weight)
            while event < last_event and event_step[event] == k:
                source = event_source[event]
                if depresses:
                    deliver_depressed(flat, size, k, source, wiring, plastic, left, since)
                elif late:
                    deliver_late(flat, size, k, source, start, slot, weight, delay)
                else:
                    deliver(flat, offset, source, start, slot, weight)
                event += 1
    return out[:total].copy(), moment[:total].copy(), saturated
