"""DynapSim's step as one compiled loop over time, for trials of one chip side by side.

The equations are in rockpool_euler.py. Every loop over neurons is short: the processor then
overlaps its iterations, which one long chain of operations keeps it from.
"""

# pyright: reportCallIssue=false
from __future__ import annotations

import math

import numpy as np

from .compiled import compiled
from .vector_math import exp, inlined, lit, log

BLOCK = 8
"""Neurons are padded to a multiple of this, the flags of which are one word."""

# Rows of the coefficients [row, neuron].
SYN_DECAY, SYN_JUMP, SYN_FLOOR, LEAK, DC, GAIN, I_GAIN, H, POWER, THRESHOLD = range(10)
PER_LEAK, AHP_DECAY, AHP_JUMP, CLOSED, START, ROWS = range(10, 16)

# Rows of the state [row, neuron].
SOMA, FEEDBACK, SYNAPSE, AHP, OPENS, PUSH, STATES = range(7)


@inlined
def _synapses(state, p, arrived):
    zero = np.uint64(0)
    for n in range(zero, np.uint64(arrived.size)):
        jump = p[SYN_JUMP, n] * arrived[n]
        jump = jump if jump > p[SYN_FLOOR, n] else p[SYN_FLOOR, n]
        state[SYNAPSE, n] = p[SYN_DECAY, n] * state[SYNAPSE, n] + jump
        arrived[n] = lit(jump, 0)


@inlined
def _inputs(state, p, now):
    one = lit(now, 1)
    for n in range(np.uint64(0), np.uint64(state.shape[1])):
        leak = p[LEAK, n] + state[AHP, n]
        i_in, opens = state[SYNAPSE, n] - leak + p[DC, n], state[OPENS, n]
        i_in = i_in if i_in > one and opens <= now else one
        state[PUSH, n] = leak * p[GAIN, n] * (i_in - leak)


@inlined
def _somas(state, p):
    one = lit(p[0, 0], 1)
    for n in range(np.uint64(0), np.uint64(state.shape[1])):
        i, ahp = state[SOMA, n], state[AHP, n]
        i = one if i > p[THRESHOLD, n] else i  # the reset of the step before
        pull = state[PUSH, n] - (p[LEAK, n] + ahp) * i * (one + ahp * p[PER_LEAK, n])
        i += p[H, n] * i * (pull / (i + p[I_GAIN, n]) + state[FEEDBACK, n])
        state[SOMA, n] = i if i > one else one


@inlined
def _feedback(state, p):
    """Short loops: the processor overlaps their iterations."""
    for n in range(np.uint64(0), np.uint64(state.shape[1])):
        state[FEEDBACK, n] = p[POWER, n] * log(state[SOMA, n])
    for n in range(np.uint64(0), np.uint64(state.shape[1])):
        state[FEEDBACK, n] = exp(state[FEEDBACK, n])


@inlined
def _spikes(state, p, spiked, found):
    """Put the neurons above their threshold into `found`; returns how many there are."""
    for n in range(np.uint64(0), np.uint64(spiked.size)):
        spiked[n] = state[SOMA, n] > p[THRESHOLD, n]
    words, count = spiked.view(np.uint64), 0
    for word in range(words.size):
        if words[word]:
            for n in range(BLOCK * word, BLOCK * word + BLOCK):
                found[count] = n  # no branch to mispredict
                count += spiked[n]
    return count


@inlined
def _adaptation(state, p, own):
    for n in range(np.uint64(0), np.uint64(own.size)):
        ahp = p[AHP_DECAY, n] * state[AHP, n] + p[AHP_JUMP, n] * own[n]
        state[AHP, n] = ahp if ahp > lit(ahp, 1) else lit(ahp, 1)
        own[n] = lit(ahp, 0)


@inlined
def _add(arrived, first, weights, source, factor):
    """Add the weights of a source to what arrives at the lane that begins at `first`."""
    start = np.uint64(first)
    for n in range(np.uint64(0), np.uint64(weights.shape[1])):
        arrived[start + n] += factor * weights[source, n]


@compiled
def _by_lane(found, lanes, first):
    """Spikes of the lanes one after the other: int32 [event, (chip, trial, step, neuron, count)].

    Args:
        first: chip and trial of the first lane.
    """
    at = np.zeros(lanes + 1, np.int64)
    for k in range(found.shape[0]):
        at[found[k, 0] + 1] += 1
    at, out = np.cumsum(at), np.empty((found.shape[0], 5), np.int32)
    for k in range(found.shape[0]):
        lane = found[k, 0]
        out[at[lane], 0], out[at[lane], 1] = first[0], first[1] + lane
        for column in range(1, 4):
            out[at[lane], column + 1] = found[k, column]
        at[lane] += 1
    return out


@compiled
def play(p, weights, drive, adapting, first):
    """Trials of one chip side by side: spikes as `_by_lane` gives them."""
    steps, first_event, event_step, event_source = drive
    width, one, lanes = weights.shape[1], lit(p[0, 0], 1), steps.size
    state, found = np.empty((STATES, p.shape[1]), p.dtype), np.empty(p.shape[1], np.int64)
    arrived, own = np.zeros(p.shape[1], p.dtype), np.zeros(p.shape[1], p.dtype)
    spiked, event = np.zeros(p.shape[1], np.uint8), first_event[:-1].copy()
    state[FEEDBACK], state[OPENS] = one, lit(one, 0)
    state[SOMA], state[SYNAPSE], state[AHP] = p[START], p[START], p[START]
    out, total = np.empty((1024, 4), np.int32), 0
    for k in range(steps.max()):
        for lane in range(lanes):
            while event[lane] < first_event[lane + 1] and event_step[event[lane]] == k:
                _add(arrived, lane * width, weights, event_source[event[lane]], one)
                event[lane] += 1
        _synapses(state, p, arrived)
        if k < adapting:
            _adaptation(state, p, own)
        _inputs(state, p, lit(one, k))
        _somas(state, p)
        _feedback(state, p)
        if total + p.shape[1] > out.shape[0]:
            out = np.concatenate((out, np.empty((out.shape[0] + p.shape[1], 4), np.int32)))
        for j in range(_spikes(state, p, spiked, found)):
            n = found[j]
            lane, ratio = n // width, state[SOMA, n] / p[THRESHOLD, n]
            count = np.ceil(np.log(ratio)) if ratio > math.e else one
            own[n], state[OPENS, n] = count, lit(one, k + 1) + p[CLOSED, n]
            _add(arrived, lane * width, weights, n - lane * width, count)
            if k < steps[lane]:
                out[total, 0], out[total, 1] = lane, k
                out[total, 2], out[total, 3] = n - lane * width, count
                total += 1
    return _by_lane(out[:total], lanes, first)
