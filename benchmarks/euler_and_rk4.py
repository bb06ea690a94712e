"""The integrators ours is compared with, compiled: forward Euler in I and Runge-Kutta in ln I.

Both solve the equations of models/neuron.py, for the neurons of one sheet. Euler as Rockpool does
it: everything held over the step, spikes and refractory periods in whole steps. Runge-Kutta of
fourth order in y = ln(I/I_gain): exact decay of the synaptic currents at its stages, spikes
located in the step by a straight line in y, refractory periods exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from analoop.models.coefficients import Coefficients
from analoop.models.vector_math import exp, inlined, lit, log

# Rows of the coefficients [row, neuron] and of what the soma sees, its first three.
STEADY, NMDA, SUM, PER_CHARGE, HALF_GATE, FEEDBACK, LOG_GAIN, FLOOR, THRESHOLD, REFRACTORY = range(
    10
)
INTO = {"ampa": STEADY, "gaba": STEADY, "nmda": NMDA, "shunt": SUM, "ahp": SUM}
HIGHEST = 50.0
"""Largest ln(I/I_gain) of a stage: a run-away has crossed the threshold by then."""

compiled = njit(error_model="numpy", fastmath={"contract"}, nogil=True)


class Sheet(NamedTuple):
    """Coefficients of one sheet of neurons, for a step of `dt`."""

    p: np.ndarray
    """[row, neuron]."""
    into: np.ndarray
    """Row each decaying current (the dendrites, then adaptation) adds to, int64 [current]."""
    sign: np.ndarray
    """Its sign, [current]."""
    floor: np.ndarray
    """Least it can be [A], [current, neuron]."""
    decay: np.ndarray
    """Its decay over half a step, [current, neuron]."""
    jump: np.ndarray
    """By how much an event of 1 A, or an own spike, lifts it, [current, neuron]."""
    dark: float
    """I_0 [A]."""
    power: float
    """Exponent of the positive feedback."""
    dt: float
    """Step [s]."""


def sheet_of(c: Coefficients, kind: type, logarithmic: bool) -> Sheet:
    """The coefficients of our neuron, for one chip; floor and threshold of ln x or of x."""
    dark, n = c.constants.i_0, c.z_floor.shape[-1]

    def row(value) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, np.float64), (1, 1, n))[0, 0]

    absent = {d: dark * (d not in c.decay) for d in INTO}
    p = [row(0)] * 10
    p[STEADY] = row(c.i_dc) + absent["ampa"] - absent["gaba"]
    p[NMDA], p[SUM] = row(absent["nmda"]), row(c.i_leak) + absent["shunt"]
    p[PER_CHARGE], p[HALF_GATE] = row(1 / c.charge), row(c.i_gate / c.i_gain)
    p[FEEDBACK], p[LOG_GAIN] = row(c.feedback) * dark, np.log(row(c.i_gain) / dark)
    p[FLOOR], p[THRESHOLD] = np.exp(-p[LOG_GAIN]), row(c.x_threshold)
    if logarithmic:
        p[FLOOR], p[THRESHOLD] = np.log(p[FLOOR]), np.log(p[THRESHOLD])
    p[REFRACTORY] = row(c.t_refractory)
    names = [*c.decay, *(["ahp"] if c.adapts else [])]
    decay = [row(c.ahp_decay if d == "ahp" else c.decay[d]) ** 0.5 for d in names]
    jump = [row(c.ahp_jump if d == "ahp" else c.jump[d]) for d in names]
    floor = [row(c.ahp_floor if d == "ahp" else dark) for d in names]
    arrays = (np.array(a, kind).reshape(-1, n) for a in (p, floor, decay, jump))
    p, floor, decay, jump = arrays
    into = np.array([INTO[d] for d in names], np.int64)
    sign = np.array([-1.0 if d == "gaba" else 1.0 for d in names], kind)
    power = kind(c.constants.kappa / (c.constants.kappa + 1.0))
    return Sheet(p, into, sign, floor, decay, jump, kind(dark), power, kind(c.dt))


@inlined
def _plain(x, y, p, n, steady, nmda, i_sum, dark, power):
    """d ln(I)/dt [1/s] of a soma without feedback and gate."""
    one = lit(x, 1) + x
    i_in = steady + nmda
    return ((i_in if i_in > dark else dark) / one - i_sum) * p[PER_CHARGE, n]


@inlined
def _away(x, y, p, n, steady, nmda, i_sum, dark, power):
    """d ln(I)/dt [1/s] of any soma."""
    one = lit(x, 1) + x
    i_in = steady + nmda * (x / (x + p[HALF_GATE, n]))
    fed = p[FEEDBACK, n] * exp(power * (y + p[LOG_GAIN, n]))
    return ((i_in if i_in > dark else dark) / one - i_sum + fed) * p[PER_CHARGE, n]


@compiled
def _look(seen, s, current, later):
    """What the somas see of the currents, `later` half steps on."""
    for row in range(3):
        for n in range(np.uint64(0), np.uint64(current.shape[1])):
            seen[row, n] = s.p[row, n]
    for d in range(current.shape[0]):
        row, sign = s.into[d], s.sign[d]
        for n in range(np.uint64(0), np.uint64(current.shape[1])):
            value = current[d, n]
            if later > 0:
                value *= s.decay[d, n]
            if later > 1:
                value *= s.decay[d, n]
            least = s.floor[d, n]
            seen[row, n] += sign * (value if value > least else least)


@compiled
def _decay(current, s):
    for d in range(current.shape[0]):
        for n in range(np.uint64(0), np.uint64(current.shape[1])):
            value = current[d, n] * s.decay[d, n] * s.decay[d, n]
            current[d, n] = value if value > s.floor[d, n] else s.floor[d, n]


def _euler_somas(rate):
    @compiled
    def somas(x, wait, seen, s):
        zero = lit(s.dt, 0)
        for n in range(np.uint64(0), np.uint64(x.shape[1])):
            old = x[0, n]
            held = wait[n] > zero
            r = rate(old, log(old), s.p, n, seen[0, n], seen[1, n], seen[2, n], s.dark, s.power)
            new = old + (zero if held else s.dt * r * old)
            x[0, n] = new if new > s.p[FLOOR, n] else s.p[FLOOR, n]
        for n in range(np.uint64(0), np.uint64(x.shape[1])):
            wait[n] = wait[n] - s.dt if wait[n] > s.dt else zero

    return somas


def _rk4_somas(rate):
    @inlined
    def slope(y, s, n, seen, stage):
        y = y if y > s.p[FLOOR, n] else s.p[FLOOR, n]
        y = y if y < lit(y, HIGHEST) else lit(y, HIGHEST)
        row = 3 * stage
        steady, nmda, i_sum = seen[row, n], seen[row + 1, n], seen[row + 2, n]
        return rate(exp(y), y, s.p, n, steady, nmda, i_sum, s.dark, s.power)

    @compiled
    def somas(y, wait, seen, s):
        zero, half = lit(s.dt, 0), lit(s.dt, 0.5)
        for n in range(np.uint64(0), np.uint64(y.shape[1])):
            old, h = y[0, n], s.dt - wait[n]
            h = h if h > zero else zero
            k1 = slope(old, s, n, seen, 0)
            k2 = slope(old + half * h * k1, s, n, seen, 1)
            k3 = slope(old + half * h * k2, s, n, seen, 1)
            k4 = slope(old + h * k3, s, n, seen, 2)
            new = old + h * (k1 + lit(h, 2) * (k2 + k3) + k4) / lit(h, 6)
            y[1, n] = old
            y[0, n] = new if new > s.p[FLOOR, n] else s.p[FLOOR, n]

    return somas


@compiled
def _rk4_waits(wait, s):
    zero = lit(s.dt, 0)
    for n in range(np.uint64(0), np.uint64(wait.size)):
        wait[n] = wait[n] - s.dt if wait[n] > s.dt else zero


@compiled
def _fire_late(state, wait, s, n):
    """Reset at the end of the step; the moment of the spike is that end."""
    state[0, n], wait[n] = s.p[FLOOR, n], s.p[REFRACTORY, n]
    return s.dt


@compiled
def _fire_inside(state, wait, s, n):
    """Reset where the straight line in y crosses, returns when [s]; before `_rk4_waits`."""
    new, old = state[0, n], state[1, n]
    when = wait[n] + (s.dt - wait[n]) * (s.p[THRESHOLD, n] - old) / (new - old)
    state[0, n], wait[n] = s.p[FLOOR, n], when + s.p[REFRACTORY, n]
    return when


def _player(somas, fire, stages):
    @compiled
    def play(s, steps, events, adapts):
        event_step, event_slot, event_weight = events
        n_neurons, kind = s.p.shape[1], s.p.dtype
        state, wait = np.empty((2, n_neurons), kind), np.zeros(n_neurons, kind)
        state[0], current, ahp = s.p[FLOOR], s.floor.copy(), s.floor.shape[0] - 1
        seen = np.empty((3 * stages, n_neurons), kind)
        fired = np.zeros(-(-n_neurons // 8) * 8, np.uint8)
        words = fired.view(np.uint64)
        out, at, total, event = np.empty((1024, 2), np.int64), np.empty(1024), 0, 0
        for k in range(steps):
            while event < event_step.size and event_step[event] == k:
                d, n = event_slot[event] // n_neurons, event_slot[event] % n_neurons
                current[d, n] += s.jump[d, n] * kind.type(event_weight[event])
                event += 1
            for stage in range(stages):
                _look(seen[3 * stage : 3 * stage + 3], s, current, stage)
            somas(state, wait, seen, s)
            _decay(current, s)
            for n in range(np.uint64(0), np.uint64(n_neurons)):
                fired[n] = state[0, n] >= s.p[THRESHOLD, n]
            if total + n_neurons > at.size:
                more = out.shape[0] + n_neurons
                out = np.concatenate((out, np.empty((more, 2), np.int64)))
                at = np.concatenate((at, np.empty(more)))
            for word in range(words.size):
                if words[word] == 0:
                    continue
                for n in range(8 * word, min(8 * word + 8, n_neurons)):
                    if fired[n] and wait[n] < s.dt:
                        when = fire(state, wait, s, n)
                        if adapts:
                            left = lit(s.dt, 2) * (lit(s.dt, 1) - when / s.dt)
                            current[ahp, n] += s.jump[ahp, n] * s.decay[ahp, n] ** left
                        out[total, 0], out[total, 1] = k, n
                        at[total] = when
                        total += 1
            if stages > 1:
                _rk4_waits(wait, s)
        return out[:total].copy(), at[:total].copy(), state[0]

    return play


EULER = {
    False: _player(_euler_somas(_plain), _fire_late, 1),
    True: _player(_euler_somas(_away), _fire_late, 1),
}
RK4 = {
    False: _player(_rk4_somas(_plain), _fire_inside, 3),
    True: _player(_rk4_somas(_away), _fire_inside, 3),
}
"""By whether some soma excites itself."""
