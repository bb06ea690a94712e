"""Somas that are reset when a recording says so, not when they reach their threshold (compiled).

The step of models/kernel.py, with one change: a recorded spike resets its neuron at its moment,
and what is noted is how far from the threshold the soma was, as a share of the way from rest
to threshold. With the true factors that is 0, and it changes smoothly with them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...models.compiled import compiled
from ...models.kernel import dendrites, spent
from ...models.kernel_rows import (
    AHEAD,
    AHP,
    AHP_DECAY,
    AHP_FLOOR,
    AHP_MEAN,
    CURRENT,
    DONE,
    FED,
    FLOOR,
    HALF_GATE,
    MIDDLE,
    NMDA,
    NOTES,
    PER_CHARGE,
    PIECES,
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
from ...models.kernel_soma import plain, plain_somas, run_away, run_away_somas
from ...models.vector_math import phi1

NOWHERE = -1e30
"""A height no soma falls to."""


def _kept(function: Any) -> Any:
    """Compiled; what is kept on disk is stale when this file changes, too."""
    kernel = compiled(function)
    cache = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if cache is not None:
        own = Path(__file__).stat()
        cache._source_stamp = (cache._source_stamp, own.st_mtime, own.st_size)
    return kernel


@_kept
def missed(p, notes, n, dark, power, within, highest):
    """How far neuron n is above its threshold, `within` s into a piece, as a share of its way;
    where it had been above it before, how far it got."""
    z, h = notes[Z_BEFORE, n], within - notes[WAIT_BEFORE, n]
    x, per_charge = notes[X, n], p[PER_CHARGE, n]
    steady, nmda, i_sum = notes[STEADY, n], notes[NMDA, n], notes[SUM, n]
    if p[PIECES, n] > 1.0:
        rate, slope = run_away(
            x, notes[FED, n], steady, nmda, i_sum, per_charge, dark, p[HALF_GATE, n], power
        )
    else:
        rate, slope = plain(x, steady, nmda, i_sum, per_charge, dark)
    rate += slope * (z - notes[MIDDLE, n])
    if h > 0.0:
        z += h * rate * phi1(min(h * slope, 50.0))
    top = p[THRESHOLD, n]
    if highest > top and highest > z:
        z = highest
    return (max(z, p[FLOOR, n]) - top) / (top - p[FLOOR, n])


@_kept
def reset_spiked(p, piece, power, dark, spikes, state, notes, highest, found):
    """Note how far off the neurons are that spiked in this piece of a step, and reset them.

    `spikes` are (first, last, neuron, moment in the step [s]), then the group of neurons (first,
    last, pieces) and which piece this is.
    """
    first, last, neuron, moment, low, high, pieces, index = spikes
    for s in range(first, last):
        n, within = neuron[s], moment[s] - index * piece
        now = within < piece or index == pieces - 1
        if low <= n < high and now and notes[DONE, n] == 0.0:
            found[s] = missed(p, notes, n, dark, power, within, highest[n])
            state[Z, n], state[AHEAD, n] = p[FLOOR, n], 0.0
            state[WAIT, n] = within + p[REFRACTORY, n] - piece
            notes[DONE, n], highest[n] = 1.0, NOWHERE


@_kept
def forced_step(p, kinds, group, adapts, clock, spikes, state, pending, notes, highest, found):
    """One step of a run of neurons (first, last, pieces)."""
    dt, dark, power = clock
    low, high, pieces = group
    first, last, neuron, moment = spikes
    dendrites(state, p, pending, notes, kinds, low, high, dark)
    if adapts:
        for n in range(low, high):
            notes[SUM, n] += max(state[AHP, n] * p[AHP_MEAN, n], p[AHP_FLOOR, n])
    piece = dt / pieces
    for index in range(pieces):
        for n in range(low, high):
            notes[Z_BEFORE, n] = state[Z, n]
            notes[WAIT_BEFORE, n] = state[WAIT, n]
        if pieces == 1:
            plain_somas(state, p, notes, low, high, dark, piece)
        else:
            run_away_somas(state, p, notes, low, high, dark, piece, power)
        now = first, last, neuron, moment, low, high, pieces, index
        reset_spiked(p, piece, power, dark, now, state, notes, highest, found)
        for n in range(low, high):
            top = 2.0 * p[THRESHOLD, n] - p[FLOOR, n]
            state[Z, n] = min(state[Z, n], top)
            highest[n] = max(highest[n], state[Z, n])


@_kept
def end_step(p, adapts, dt, spikes, state, notes):
    """What follows the spikes of a step: adaptation, and how far a neuron may lag."""
    first, last, neuron, moment = spikes
    for n in range(p.shape[1]):
        if adapts:
            state[AHP, n] = max(state[AHP, n] * p[AHP_DECAY, n], p[AHP_FLOOR, n])
        state[WAIT, n] = max(state[WAIT, n], -dt)
    for s in range(first, last):
        n = neuron[s]
        notes[DONE, n] = 0.0
        if adapts:
            since = p[AHP_DECAY, n] ** (1.0 - moment[s] / dt)
            state[AHP, n] = spent(p, n, state[AHP, n], since)


@_kept
def forced_run(
    p, kinds, groups, adapts, wires, drive, clock, spikes, state, pending, notes, found, tails
):
    """Play the trials of one variant.

    `spikes` are (first of each trial, step, neuron, moment in its step [s]); `found` is filled
    with what `missed` says of each, `tails` [trial, neuron] with how far the soma got above its
    threshold after the last spike of a trial.
    """
    start, slot, weight = wires
    steps, first_event, event_step, event_source = drive
    first_spike, spike_step, neuron, moment = spikes
    flat, highest = pending.reshape(-1), np.empty(p.shape[1])
    for trial in range(steps.size):
        state[:], flat[:], highest[:] = 0.0, 0.0, NOWHERE
        state[CURRENT:] = clock[1]
        state[Z], state[AHP] = p[FLOOR], p[AHP_FLOOR]
        event, last = first_event[trial], first_spike[trial]
        for k in range(steps[trial]):
            first = last
            while last < first_spike[trial + 1] and spike_step[last] == k:
                last += 1
            now = first, last, neuron, moment
            for g in range(groups.shape[0]):
                group = groups[g, 0], groups[g, 1], groups[g, 2]
                forced_step(
                    p, kinds, group, adapts, clock, now, state, pending, notes, highest, found
                )
            end_step(p, adapts, clock[0], now, state, notes)
            while event < first_event[trial + 1] and event_step[event] == k:
                for e in range(start[event_source[event]], start[event_source[event] + 1]):
                    flat[slot[e]] += weight[e]
                event += 1
        for n in range(p.shape[1]):
            above = (highest[n] - p[THRESHOLD, n]) / (p[THRESHOLD, n] - p[FLOOR, n])
            tails[trial, n] = max(above, 0.0)


def notes_of(rows: int) -> np.ndarray:
    """What the kernels write down within a step."""
    return np.zeros((NOTES, rows))
