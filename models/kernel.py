"""The step of models/neuron.py, compiled: vectorised over the neurons of one chip and trial.

`neuron.step` is the definition; this is the same step for numba, in loops that LLVM can vectorise.
Agreement with the definition is tested in tests/models/test_runner.py.
"""

from __future__ import annotations

import math

import numpy as np

from .kernel_rows import (
    AFTER,
    AHP,
    AHP_DECAY,
    AHP_FLOOR,
    AHP_JUMP,
    AHP_MEAN,
    AMPA_KIND,
    CURRENT,
    DC,
    DENDRITE,
    DONE,
    FEEDBACK,
    FLOOR,
    GABA_KIND,
    HALF_GATE,
    LEAK,
    LOG_GAIN,
    NMDA,
    NMDA_KIND,
    NORMAL,
    PER_CHARGE,
    SHUNT_KIND,
    STEADY,
    SUM,
    WAIT,
    Z,
)
from .kernel_soma import fed_back, plain, run_away, somas
from .vector_math import inlined, lit
from .vector_noise import normal
from .vector_omega import omega


@inlined
def dendrites(state, p, pending, notes, kinds, first, last, dark):
    """Neurons first to last: add what arrived, note what the soma sees in this step, decay."""
    zeroth, n_neurons = np.uint64(first), np.uint64(last)
    # A dendrite without synapses rests at the dark current.
    missing, no_nmda, no_shunt = lit(dark, 0), dark, dark
    for kind in kinds:
        if kind == AMPA_KIND:
            missing -= dark
        elif kind == GABA_KIND:
            missing += dark
        elif kind == NMDA_KIND:
            no_nmda = lit(dark, 0)
        else:
            no_shunt = lit(dark, 0)
    for n in range(zeroth, n_neurons):
        notes[STEADY, n] = p[DC, n] + missing
        notes[NMDA, n] = no_nmda
        notes[SUM, n] = p[LEAK, n] + no_shunt
    for d in range(kinds.size):
        kind = kinds[d]
        sign = lit(dark, -1) if kind == GABA_KIND else lit(dark, 1)
        into = NMDA if kind == NMDA_KIND else SUM if kind == SHUNT_KIND else STEADY
        row = DENDRITE + 3 * d
        for n in range(zeroth, n_neurons):
            current = state[CURRENT + d, n] + p[row + 2, n] * lit(dark, pending[d, n])
            pending[d, n] = 0.0
            mean = current * p[row + 1, n]
            end = current * p[row, n]
            notes[into, n] += sign * (mean if mean > dark else dark)
            state[CURRENT + d, n] = end if end > dark else dark


@inlined
def _kicked(z, x, rate, i_sum, per_charge, noise, free, normal, floor):
    """z after the noise of a step, as `noise.shaken`."""
    one = lit(x, 1) + x
    moved = (rate + lit(x, 2) * i_sum * one * per_charge) * (
        free if free > lit(x, 0) else lit(x, 0)
    )
    end = z + math.sqrt(noise * per_charge * one * moved) * normal
    return end if end > floor else floor


@inlined
def shake(state, p, notes, group, noise, key, dt, dark, power):
    """The noise of a step for a run of neurons (first, last, pieces)."""
    first, last, pieces = group
    for n in range(np.uint64(first), np.uint64(last)):
        notes[NORMAL, n] = lit(dark, normal(key, n))
    if pieces == 1:
        for n in range(np.uint64(first), np.uint64(last)):
            z, i_sum, per_charge = state[Z, n], notes[SUM, n], p[PER_CHARGE, n]
            x, free = omega(z), dt - state[WAIT, n]
            rate, _ = plain(x, notes[STEADY, n], notes[NMDA, n], i_sum, per_charge, dark)
            state[Z, n] = _kicked(
                z, x, rate, i_sum, per_charge, noise, free, notes[NORMAL, n], p[FLOOR, n]
            )
    else:
        for n in range(np.uint64(first), np.uint64(last)):
            z, i_sum, per_charge = state[Z, n], notes[SUM, n], p[PER_CHARGE, n]
            x, free = omega(z), dt - state[WAIT, n]
            i_fb = fed_back(z - x, p[FEEDBACK, n], p[LOG_GAIN, n], dark, power)
            rate, _ = run_away(
                x, i_fb, notes[STEADY, n], notes[NMDA, n], i_sum, per_charge, dark,
                p[HALF_GATE, n], power,
            )  # fmt: skip
            state[Z, n] = _kicked(
                z, x, rate, i_sum, per_charge, noise, free, notes[NORMAL, n], p[FLOOR, n]
            )


@inlined
def spent(p, n, ahp, since):
    """Adaptation current of a neuron that spiked, once it decayed by `since` [A].

    `ahp` is what it decayed to without the spike; until the spike it stood at its floor or above.
    """
    floor = p[AHP_FLOOR, n] * since
    end = (ahp if ahp > floor else floor) + p[AHP_JUMP, n] * since
    return end if end > p[AHP_FLOOR, n] else p[AHP_FLOOR, n]


@inlined
def step(
    state, p, pending, notes, kinds, groups, spikes, when, adapts, dt, dark, power, noise, key
):
    """One step of every neuron: number of spikes, and how many neurons could not keep up.

    `groups` are runs of neurons with the same number of pieces, (first, last, pieces);
    `noise` is 0 or as `Coefficients.noise`, `key` names the random numbers of this step.
    """
    zeroth, n_neurons = np.uint64(0), np.uint64(state.shape[1])
    zero = lit(dt, 0)
    count = 0
    for g in range(groups.shape[0]):
        first, last = groups[g, 0], groups[g, 1]
        dendrites(state, p, pending, notes, kinds, first, last, dark)
        if adapts:
            for n in range(np.uint64(first), np.uint64(last)):
                ahp = state[AHP, n] * p[AHP_MEAN, n]
                notes[SUM, n] += ahp if ahp > p[AHP_FLOOR, n] else p[AHP_FLOOR, n]
        group = first, last, groups[g, 2]
        if noise > zero:
            shake(state, p, notes, group, noise, key, dt, dark, power)
        count = somas(state, p, notes, group, dark, dt, power, spikes, when, count)
    held = 0
    for k in range(count):
        n = spikes[k]
        notes[DONE, n] = zero
        held += state[WAIT, n] < -dt
        state[WAIT, n] = max(state[WAIT, n], -dt)
        if adapts:
            since = p[AHP_DECAY, n] ** (lit(dt, 1) - when[n] / dt)
            notes[AFTER, n] = spent(p, n, state[AHP, n] * p[AHP_DECAY, n], since)
    if adapts:
        for n in range(zeroth, n_neurons):
            ahp = state[AHP, n] * p[AHP_DECAY, n]
            state[AHP, n] = ahp if ahp > p[AHP_FLOOR, n] else p[AHP_FLOOR, n]
        for k in range(count):
            state[AHP, spikes[k]] = notes[AFTER, spikes[k]]
    return count, held
