"""The soma of models/neuron.py, compiled: a run of somas over one step."""

from __future__ import annotations

import numpy as np

from .kernel_rows import (
    AHEAD,
    DONE,
    FED,
    FEEDBACK,
    FLOOR,
    FREE,
    HALF_GATE,
    LOG_GAIN,
    MIDDLE,
    NMDA,
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
from .neuron import STEEPEST
from .vector_math import exp, inlined, is_single, lit, log, phi1
from .vector_omega import omegas


@inlined
def plain(x, steady, nmda, i_sum, per_charge, dark):
    """dz/dt of a soma without feedback and gate [1/s], and its derivative by z [1/s]."""
    one = lit(x, 1) + x
    i_in = steady + nmda
    i_in = i_in if i_in > dark else dark
    return (i_in - i_sum * one) * per_charge, -i_sum * (x / one) * per_charge


@inlined
def middle(z, ahead, bend, h, threshold, floor):
    """As `neuron._middle`."""
    half = lit(h, 0.5) * h
    there = z + half * ahead / (lit(h, 1) + half * bend)
    top = threshold if threshold > z else z
    there = there if there < top else top
    return there if there > floor else floor


@inlined
def plain_middle(z, h, steady, nmda, i_sum, per_charge, dark, threshold, floor):
    """`middle` by `neuron._guess`."""
    zero = lit(z, 0)
    i_in = steady + nmda
    i_in = i_in if i_in > dark else dark
    ahead = (i_in - i_sum * (lit(z, 1) + (z if z > zero else zero))) * per_charge
    return middle(z, ahead, i_sum * per_charge, h, threshold, floor)


@inlined
def fed_back(ln_x, feedback, log_gain, dark, power):
    """Positive feedback current of an exponential soma [A]."""
    return feedback * dark * exp(power * (ln_x + log_gain))


@inlined
def run_away(x, i_fb, steady, nmda, i_sum, per_charge, dark, half, power):
    """As `plain`, for an exponential soma or a gated NMDA dendrite."""
    one = lit(x, 1) + x
    gated = nmda * (x / (x + half))
    i_in = steady + gated
    above = i_in > dark
    i_in = i_in if above else dark
    slope_in = gated * half / (x * (x + half)) if above else lit(x, 0)
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


@inlined
def plain_middles(state, p, notes, first, last, dark, piece):
    """Where somas without feedback and without a gate are linearised."""
    zero = lit(dark, 0)
    for n in range(np.uint64(first), np.uint64(last)):
        left = piece - state[WAIT, n]
        notes[MIDDLE, n] = plain_middle(
            state[Z, n], left if left > zero else zero, notes[STEADY, n], notes[NMDA, n],
            notes[SUM, n], p[PER_CHARGE, n], dark, p[THRESHOLD, n], p[FLOOR, n],
        )  # fmt: skip


@inlined
def plain_somas(state, p, notes, first, last, dark, piece):
    """One piece of a step for somas without feedback and without a gate."""
    zero = lit(dark, 0)
    plain_middles(state, p, notes, first, last, dark, piece)
    omegas(notes[MIDDLE], notes[X], first, last)
    for n in range(np.uint64(first), np.uint64(last)):
        z, wait = state[Z, n], state[WAIT, n]
        notes[Z_BEFORE, n], notes[WAIT_BEFORE, n] = z, wait
        left = piece - wait
        rate, slope = plain(
            notes[X, n], notes[STEADY, n], notes[NMDA, n], notes[SUM, n], p[PER_CHARGE, n], dark
        )
        rate += slope * (z - notes[MIDDLE, n])
        state[Z, n] = _end(z, rate, slope, left if left > zero else zero, p[FLOOR, n])
        state[WAIT, n] = -left if left < zero else zero


@inlined
def run_away_somas(state, p, notes, first, last, dark, piece, power):
    """One piece of a step for exponential somas and gated NMDA dendrites."""
    zero = lit(dark, 0)
    for n in range(np.uint64(first), np.uint64(last)):
        notes[Z_BEFORE, n] = state[Z, n]
        notes[WAIT_BEFORE, n] = state[WAIT, n]
        left = piece - notes[WAIT_BEFORE, n]
        done = notes[DONE, n] > zero
        notes[FREE, n] = h = zero if done or left < zero else left
        notes[MIDDLE, n] = middle(
            notes[Z_BEFORE, n], state[AHEAD, n], zero, h, p[THRESHOLD, n], p[FLOOR, n]
        )
        state[WAIT, n] = -left if done or left < zero else zero
    omegas(notes[MIDDLE], notes[X], first, last)
    for n in range(np.uint64(first), np.uint64(last)):
        ln_x = notes[MIDDLE, n] - notes[X, n]
        notes[FED, n] = fed_back(ln_x, p[FEEDBACK, n], p[LOG_GAIN, n], dark, power)
    for n in range(np.uint64(first), np.uint64(last)):
        z = notes[Z_BEFORE, n]
        rate, slope = run_away(
            notes[X, n], notes[FED, n], notes[STEADY, n], notes[NMDA, n], notes[SUM, n],
            p[PER_CHARGE, n], dark, p[HALF_GATE, n], power,
        )  # fmt: skip
        rate += slope * (z - notes[MIDDLE, n])
        end = _end(z, rate, slope, notes[FREE, n], p[FLOOR, n])
        state[Z, n], state[AHEAD, n] = end, rate + slope * (end - z)


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


@inlined
def fire(state, p, notes, n, dark, piece, power):
    """Reset neuron n, which reached its threshold; returns when, from the start of the piece [s].

    The crossing is that of the same local solution, solved for the time.
    """
    z, wait, zero = notes[Z_BEFORE, n], notes[WAIT_BEFORE, n], lit(dark, 0)
    x, per_charge = notes[X, n], p[PER_CHARGE, n]
    steady, nmda, i_sum = notes[STEADY, n], notes[NMDA, n], notes[SUM, n]
    if p[PIECES, n] > lit(dark, 1):
        rate, slope = run_away(
            x, notes[FED, n], steady, nmda, i_sum, per_charge, dark, p[HALF_GATE, n], power
        )
    else:
        rate, slope = plain(x, steady, nmda, i_sum, per_charge, dark)
    rate += slope * (z - notes[MIDDLE, n])
    straight = (p[THRESHOLD, n] - z) / rate
    after = straight * _log1p_over(slope * straight)
    after = min(max(after, zero), max(piece - wait, zero))
    if z >= p[THRESHOLD, n]:  # a threshold at or below the rest
        after = zero
    state[Z, n] = p[FLOOR, n]
    state[WAIT, n] = wait + after + p[REFRACTORY, n] - piece
    state[AHEAD, n] = zero
    notes[DONE, n] = lit(dark, 1)
    return max(wait + after, zero)


@inlined
def somas(state, p, notes, group, dark, dt, power, spikes, when, count):
    """One step of a run of neurons (first, last, pieces); returns the number of spikes so far."""
    first, last, pieces = group
    piece, before = dt / lit(dt, pieces), count
    for index in range(pieces):
        if pieces == 1:
            plain_somas(state, p, notes, first, last, dark, piece)
        else:
            run_away_somas(state, p, notes, first, last, dark, piece, power)
        for n in range(np.uint64(first), np.uint64(last)):
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
