"""The step of models/neuron.py, compiled: vectorised over the neurons of one chip and trial.

`neuron.step` is the definition; this is the same step for numba, in loops that LLVM can vectorise.
Agreement with the definition is tested in tests/models/test_runner.py.
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import compiled
from .neuron import STEEPEST
from .vector_math import exp, inlined, is_single, lit, log, omega, phi1
from .vector_noise import normal

# Rows of the coefficients [row, neuron]; after them decay, mean and jump of each dendrite.
PER_CHARGE, LEAK, DC, FLOOR, THRESHOLD, REFRACTORY, PIECES, HALF_GATE = range(8)
FEEDBACK, GAIN, AHP_DECAY, AHP_MEAN, AHP_JUMP, AHP_FLOOR, DENDRITE = range(8, 15)

# Rows of the state [row, neuron]; after them the current of each dendrite.
Z, WAIT, AHP, CURRENT = range(4)

# Rows of the notes taken within a step [row, neuron].
STEADY, NMDA, SUM, Z_BEFORE, WAIT_BEFORE, DONE, PULSE, NORMAL, X, NOTES = range(10)

AMPA_KIND, NMDA_KIND, GABA_KIND, SHUNT_KIND = range(4)


@compiled
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
def plain(x, steady, nmda, i_sum, per_charge, dark):
    """dz/dt of a soma without feedback and gate [1/s], and its derivative by z [1/s]."""
    one = lit(x, 1) + x
    i_in = steady + nmda
    i_in = i_in if i_in > dark else dark
    return (i_in - i_sum * one) * per_charge, -i_sum * (x / one) * per_charge


@inlined
def _run_away(z, steady, nmda, i_sum, per_charge, dark, half, feedback, gain, power):
    """As `plain`, for an exponential soma or a gated NMDA dendrite."""
    x = omega(z)
    one = lit(x, 1) + x
    gated = nmda * (x / (x + half))
    i_in = steady + gated
    above = i_in > dark
    i_in = i_in if above else dark
    slope_in = gated * half / (x * (x + half)) if above else lit(x, 0)
    i_fb = feedback * dark * exp(power * log(x * gain / dark))
    leak = i_sum - i_fb
    slope = (slope_in + power * i_fb / x * one - leak) * (x / one)
    return (i_in - leak * one) * per_charge, slope * per_charge


@inlined
def _end(z, rate, slope, h, floor):
    """Where one exponential Rosenbrock step of length h [s] leads."""
    a = h * slope
    steepest = lit(a, STEEPEST)
    end = z + h * rate * phi1(a if a < steepest else steepest)
    return end if end > floor else floor


@compiled
def plain_somas(state, p, notes, first, last, dark, piece):
    """One piece of a step for somas without feedback and without a gate."""
    zero = lit(dark, 0)
    for n in range(np.uint64(first), np.uint64(last)):
        z, left = notes[Z_BEFORE, n], piece - notes[WAIT_BEFORE, n]
        steady, nmda, i_sum = notes[STEADY, n], notes[NMDA, n], notes[SUM, n]
        x = omega(z)
        notes[X, n] = x
        rate, slope = plain(x, steady, nmda, i_sum, p[PER_CHARGE, n], dark)
        state[Z, n] = _end(z, rate, slope, left if left > zero else zero, p[FLOOR, n])
        state[WAIT, n] = -left if left < zero else zero


@compiled
def run_away_somas(state, p, notes, first, last, dark, piece, power):
    """One piece of a step for exponential somas and gated NMDA dendrites."""
    zero = lit(dark, 0)
    for n in range(np.uint64(first), np.uint64(last)):
        z, left = notes[Z_BEFORE, n], piece - notes[WAIT_BEFORE, n]
        done = notes[DONE, n] > zero
        rate, slope = _run_away(
            z, notes[STEADY, n], notes[NMDA, n], notes[SUM, n], p[PER_CHARGE, n], dark,
            p[HALF_GATE, n], p[FEEDBACK, n], p[GAIN, n], power,
        )  # fmt: skip
        h = zero if done or left < zero else left
        state[Z, n] = _end(z, rate, slope, h, p[FLOOR, n])
        state[WAIT, n] = -left if done or left < zero else zero


@inlined
def can_fire(notes, n, piece):
    """Whether the soma integrated in this piece: a refractory one does not spike."""
    return notes[WAIT_BEFORE, n] < piece and notes[DONE, n] == lit(piece, 0)


@inlined
def _log1p_over(u):
    """ln(1 + u) / u; 1 where there is no logarithm."""
    one = lit(u, 1)
    if abs(u) < lit(u, 1e-2 if is_single(u) else 1e-3):
        return one - u * (lit(u, 1 / 2) - u * (lit(u, 1 / 3) - u * (lit(u, 1 / 4) - u / lit(u, 5))))
    return log(one + u) / u if u > lit(u, -0.999999) else one


@compiled
def fire(state, p, notes, n, dark, piece, power):
    """Reset neuron n, which reached its threshold; returns when, from the start of the piece [s].

    The crossing is that of the same local solution, solved for the time.
    """
    z, wait, zero = notes[Z_BEFORE, n], notes[WAIT_BEFORE, n], lit(dark, 0)
    steady, nmda, i_sum = notes[STEADY, n], notes[NMDA, n], notes[SUM, n]
    if p[PIECES, n] > lit(dark, 1):
        rate, slope = _run_away(
            z, steady, nmda, i_sum, p[PER_CHARGE, n], dark,
            p[HALF_GATE, n], p[FEEDBACK, n], p[GAIN, n], power,
        )  # fmt: skip
    else:
        rate, slope = plain(notes[X, n], steady, nmda, i_sum, p[PER_CHARGE, n], dark)
    straight = (p[THRESHOLD, n] - z) / rate
    after = straight * _log1p_over(slope * straight)
    after = min(max(after, zero), max(piece - wait, zero))
    if z >= p[THRESHOLD, n]:  # a threshold at or below the rest
        after = zero
    state[Z, n] = p[FLOOR, n]
    state[WAIT, n] = wait + after + p[REFRACTORY, n] - piece
    notes[DONE, n] = lit(dark, 1)
    return max(wait + after, zero)


@compiled
def somas(state, p, notes, group, dark, dt, power, spikes, when, count):
    """One step of a run of neurons (first, last, pieces); returns the number of spikes so far."""
    first, last, pieces = group
    piece, before = dt / lit(dt, pieces), count
    for index in range(pieces):
        for n in range(np.uint64(first), np.uint64(last)):
            notes[Z_BEFORE, n] = state[Z, n]
            notes[WAIT_BEFORE, n] = state[WAIT, n]
        if pieces == 1:
            plain_somas(state, p, notes, first, last, dark, piece)
        else:
            run_away_somas(state, p, notes, first, last, dark, piece, power)
        for n in range(first, last):
            if state[Z, n] >= p[THRESHOLD, n] and can_fire(notes, n, piece):
                elapsed = lit(dt, index) * piece
                when[n] = fire(state, p, notes, n, dark, piece, power) + elapsed
                count += 1
                if pieces == 1:
                    spikes[count - 1] = n
    if pieces > 1 and count > before:
        count = before
        for n in range(first, last):
            if notes[DONE, n] > lit(dt, 0):
                spikes[count] = n
                count += 1
    return count


@inlined
def _kicked(z, x, rate, i_sum, per_charge, noise, free, normal, floor):
    """z after the noise of a step, as `noise.shaken`."""
    one = lit(x, 1) + x
    moved = (rate + lit(x, 2) * i_sum * one * per_charge) * (
        free if free > lit(x, 0) else lit(x, 0)
    )
    end = z + math.sqrt(noise * per_charge * one * moved) * normal
    return end if end > floor else floor


@compiled
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
            rate, _ = _run_away(
                z, notes[STEADY, n], notes[NMDA, n], i_sum, per_charge, dark,
                p[HALF_GATE, n], p[FEEDBACK, n], p[GAIN, n], power,
            )  # fmt: skip
            state[Z, n] = _kicked(
                z, x, rate, i_sum, per_charge, noise, free, notes[NORMAL, n], p[FLOOR, n]
            )


@compiled
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
            notes[PULSE, n] = p[AHP_JUMP, n] * p[AHP_DECAY, n] ** (lit(dt, 1) - when[n] / dt)
    if adapts:
        for n in range(zeroth, n_neurons):
            ahp = state[AHP, n] * p[AHP_DECAY, n] + notes[PULSE, n]
            state[AHP, n] = ahp if ahp > p[AHP_FLOOR, n] else p[AHP_FLOOR, n]
            notes[PULSE, n] = zero
    return count, held
