"""The time loop of the ADS student, with its learning rule in it (paper.md 1.3, 1.4)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled
from .products import add_product


class Sheet(NamedTuple):
    """A student as the loop wants it; float32. Weights are [presynaptic neuron, neuron]."""

    share_mem: np.ndarray
    """dt / tau_mem [neuron]."""
    keep_slow: np.ndarray
    """exp(-dt / tau_slow) [neuron]."""
    per_slow: np.ndarray
    """1 / tau_slow [1/s], [neuron]."""
    v_th: np.ndarray
    """[neuron]."""
    v_start: np.ndarray
    """[neuron]."""
    w_slow: np.ndarray
    """Changed in place by a lesson."""
    w_fast: np.ndarray
    encoder: np.ndarray
    """[unit, neuron]."""
    decoder: np.ndarray
    """[neuron, unit]."""
    keep_fast: np.float32
    per_fast: np.float32
    keep_out: np.float32
    per_out: np.float32
    v_rest: np.float32
    v_reset: np.float32
    beta: np.float32
    """By what adaptation raises the threshold; 0: not at all."""
    keep_ada: np.float32
    """rho, share of the adaptation that a step leaves."""


class Lesson(NamedTuple):
    """What the loop learns from a signal."""

    wanted: np.ndarray
    """Activations of the teacher, float32 [step, unit]; no steps: nothing is learned."""
    feedback: np.float32
    """k, by which the error drives the neurons."""
    rate: np.float32
    """eta."""
    block: int
    """Updates are applied together so often [step]."""
    normalised: bool
    """Whether the update of a block is divided by the mean magnitude of its entries."""


@compiled
def _changes(r, back, first, change):  # noqa: ANN001, ANN202 - numba
    """r^T back of up to four presynaptic neurons, without that onto themselves; returns of how
    many."""
    neurons = min(4, r.shape[1] - first)
    change[:] = 0
    add_product(change[:neurons], r[:, first : first + neurons].T, back)
    for k in range(neurons):
        change[k, first + k] = 0
    return neurons


@compiled
def _apply(w, r, back, lesson):  # noqa: ANN001, ANN202 - numba
    """w += eta r^T back over the steps of a block; no neuron excites itself."""
    n = r.shape[1]
    change, scale = np.empty((4, n), np.float32), lesson.rate
    if lesson.normalised:
        total = 0.0
        for first in range(0, n, 4):
            for k in range(_changes(r, back, first, change)):
                total += np.abs(change[k]).sum()
        scale = np.float32(lesson.rate / max(total / (n * n), 1e-30))
    for first in range(0, n, 4):
        for k in range(_changes(r, back, first, change)):
            to, row = w[first + k], change[k]
            for j in range(n):
                to[j] += scale * row[j]


@compiled
def _move(sheet, state, drive, ready):  # noqa: ANN001, ANN202 - numba
    """A step of all neurons; marks those at threshold."""
    v, slow, fast, back, ada = state
    for i in range(v.size):
        v[i] += sheet.share_mem[i] * (sheet.v_rest - v[i] + slow[i] + fast[i] + back[i] + drive[i])
        slow[i] *= sheet.keep_slow[i]
        fast[i] *= sheet.keep_fast
        ready[i] = v[i] >= sheet.v_th[i] + sheet.beta * ada[i]
        ada[i] *= sheet.keep_ada


@compiled
def _arrive(sheet, slow, fast, i):  # noqa: ANN001, ANN202 - numba
    """A spike of neuron i reaches the others."""
    w_slow, w_fast = sheet.w_slow[i], sheet.w_fast[i]
    for j in range(slow.size):
        slow[j] += w_slow[j] * sheet.per_slow[j]
        fast[j] += w_fast[j] * sheet.per_fast


@compiled
def play(sheet, drive, lesson):  # noqa: ANN001, ANN201 - numba
    """One signal.

    Args:
        sheet: a Sheet.
        drive: input current with its noise, float32 [step, neuron].
        lesson: a Lesson.

    Returns:
        Decoded state [step, unit] and spikes [neuron].
    """
    steps, n = drive.shape
    units = sheet.encoder.shape[0]
    learns = lesson.wanted.shape[0] > 0
    v, slow, fast = sheet.v_start.copy(), np.zeros(n, np.float32), np.zeros(n, np.float32)
    back, ada, r = np.zeros(n, np.float32), np.zeros(n, np.float32), np.zeros(n, np.float32)
    ready, count = np.zeros(n, np.uint8), np.zeros(n, np.int64)
    state, decoded = np.zeros(units, np.float32), np.zeros((steps, units), np.float32)
    block = lesson.block if learns else 0
    r_kept, back_kept = np.zeros((block, n), np.float32), np.zeros((block, n), np.float32)
    kept = 0
    for step in range(steps):
        _move(sheet, (v, slow, fast, back, ada), drive[step], ready)
        state *= sheet.keep_out
        if learns:
            r *= sheet.keep_out
        for i in range(n):
            if ready[i]:
                count[i] += 1
                v[i] = sheet.v_reset
                ada[i] += np.float32(1.0)
                r[i] += sheet.per_out
                _arrive(sheet, slow, fast, i)
                for u in range(units):
                    state[u] += sheet.decoder[i, u] * sheet.per_out
        decoded[step] = state
        if learns:
            error = lesson.wanted[step] - state
            back[:] = 0
            add_product(back.reshape(1, n), error.reshape(1, units), sheet.encoder)
            r_kept[kept], back_kept[kept] = r, back
            kept += 1
            back *= lesson.feedback
            if kept == block or step == steps - 1:
                _apply(sheet.w_slow, r_kept[:kept], back_kept[:kept], lesson)
                kept = 0
    return decoded, count
