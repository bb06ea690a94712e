"""One compiled loop over time, for many trials of one chip.

Spikes are delivered along lists of synapses, so that cost follows spikes and used synapses. A
(chip, trial) is worked on by one thread, alone: no result depends on threads, chunks or order.
"""

from __future__ import annotations

import numpy as np

from .kernel import NOTES, compiled, step
from .vector_noise import hashed


@compiled
def deliver(pending, step_index, source, start, slot, weight, delay):
    """Add the weight currents of one source to what arrives in later steps."""
    ring, size = pending.shape[0], pending.shape[1] * pending.shape[2]
    flat = pending.reshape(ring * size)
    if delay.size == 0:
        offset = (step_index + 1) % ring * size
        for e in range(start[source], start[source + 1]):
            flat[offset + slot[e]] += weight[e]
    else:
        for e in range(start[source], start[source + 1]):
            offset = (step_index + 1 + delay[e]) % ring * size
            flat[offset + slot[e]] += weight[e]


@compiled
def run(p, kinds, groups, adapts, wiring, drive, clock, chance, states, pendings):
    """Play trials to one chip; see `fast.run` for the arguments.

    Returns:
        (spike, 3) trial, step, neuron; (spike,) moment within the step [s]; and per trial the
        number of (neuron, step) in which a neuron could not spike as often as it should.
    """
    start, slot, weight, delay = wiring
    steps, first_event, event_step, event_source = drive
    dt, dark, power = clock
    noise, keys, played = chance
    n_neurons = p.shape[1]
    notes = np.zeros((NOTES, n_neurons), p.dtype)
    spikes, when = np.empty(n_neurons, np.int64), np.empty(n_neurons, p.dtype)
    out, moment = np.empty((1024, 3), np.int64), np.empty(1024, np.float64)
    saturated = np.zeros(steps.size, np.int64)
    total = 0
    for trial in range(steps.size):
        state, pending = states[trial], pendings[trial]
        ring = pending.shape[0]
        event, last_event = first_event[trial], first_event[trial + 1]
        for k in range(steps[trial]):
            key = hashed(keys[trial], np.uint64(played[trial] + k))
            count, held = step(
                state, p, pending[k % ring], notes, kinds, groups, spikes, when, adapts,
                dt, dark, power, noise, key,
            )  # fmt: skip
            saturated[trial] += held
            if total + count > out.shape[0]:
                more = np.empty((out.shape[0] + n_neurons, 3), np.int64)
                out = np.concatenate((out, out, more))
                moment = np.concatenate((moment, moment, more[:, 0].astype(np.float64)))
            for j in range(count):
                out[total, 0], out[total, 1], out[total, 2] = trial, k, spikes[j]
                moment[total] = when[spikes[j]]
                total += 1
                deliver(pending, k, spikes[j], start, slot, weight, delay)
            while event < last_event and event_step[event] == k:
                deliver(pending, k, event_source[event], start, slot, weight, delay)
                event += 1
    return out[:total].copy(), moment[:total].copy(), saturated
