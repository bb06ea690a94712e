"""The time loop of the ADS student, with its learning rule in it (paper.md 1.3, 1.4)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled import compiled


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
def _add_four(change, r, back, s):  # noqa: ANN001, ANN202 - numba
    """Four steps at once, in order: the sums are read and written once instead of four times."""
    r0, r1, r2, r3 = r[s], r[s + 1], r[s + 2], r[s + 3]
    b0, b1, b2, b3 = back[s], back[s + 1], back[s + 2], back[s + 3]
    for j in range(change.size):
        change[j] = change[j] + r0 * b0[j] + r1 * b1[j] + r2 * b2[j] + r3 * b3[j]


@compiled
def _change(r, back, i):  # noqa: ANN001, ANN202 - numba
    """Of the connections of one presynaptic neuron."""
    steps, n = r.shape
    change = np.zeros(n, np.float32)
    whole = steps // 4 * 4
    for s in range(0, whole, 4):
        _add_four(change, r[:, i], back, s)
    for s in range(whole, steps):
        for j in range(n):
            change[j] += r[s, i] * back[s, j]
    change[i] = 0.0
    return change


@compiled
def _apply(w, r, back, lesson):  # noqa: ANN001, ANN202 - numba
    """w += eta r^T back over the steps of a block; no neuron excites itself."""
    n = r.shape[1]
    scale = lesson.rate
    if lesson.normalised:
        total = 0.0
        for i in range(n):
            total += np.abs(_change(r, back, i)).sum()
        scale = np.float32(lesson.rate / max(total / (n * n), 1e-30))
    for i in range(n):
        change = _change(r, back, i)
        for j in range(n):
            w[i, j] += scale * change[j]


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
    back, r = np.zeros(n, np.float32), np.zeros(n, np.float32)
    ada = np.zeros(n, np.float32)
    state, decoded = np.zeros(units, np.float32), np.zeros((steps, units), np.float32)
    count, fired = np.zeros(n, np.int64), np.zeros(n, np.int64)
    block = lesson.block if learns else 0
    r_kept, back_kept = np.zeros((block, n), np.float32), np.zeros((block, n), np.float32)
    kept = 0
    for step in range(steps):
        spikes = 0
        for i in range(n):
            v[i] += sheet.share_mem[i] * (
                sheet.v_rest - v[i] + slow[i] + fast[i] + back[i] + drive[step, i]
            )
            slow[i] *= sheet.keep_slow[i]
            fast[i] *= sheet.keep_fast
            if v[i] >= sheet.v_th[i] + sheet.beta * ada[i]:
                fired[spikes] = i
                spikes += 1
            ada[i] *= sheet.keep_ada
        state *= sheet.keep_out
        if learns:
            r *= sheet.keep_out
        for k in range(spikes):
            i = fired[k]
            count[i] += 1
            v[i] = sheet.v_reset
            ada[i] += np.float32(1.0)
            r[i] += sheet.per_out
            for j in range(n):
                slow[j] += sheet.w_slow[i, j] * sheet.per_slow[j]
                fast[j] += sheet.w_fast[i, j] * sheet.per_fast
            for u in range(units):
                state[u] += sheet.decoder[i, u] * sheet.per_out
        decoded[step] = state
        if learns:
            back[:] = 0.0
            for u in range(units):
                error = lesson.wanted[step, u] - state[u]
                for j in range(n):
                    back[j] += error * sheet.encoder[u, j]
            r_kept[kept], back_kept[kept] = r, back
            kept += 1
            back *= lesson.feedback
            if kept == block or step == steps - 1:
                _apply(sheet.w_slow, r_kept[:kept], back_kept[:kept], lesson)
                kept = 0
    return decoded, count
