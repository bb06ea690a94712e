"""`dense_play.shaken`, compiled: for threshold somas without a gated NMDA dendrite."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from .adjoint import ACROSS, LANES, TAPE, deliver, mark, taped_step
from .coefficients import Coefficients
from .compiled import compiled
from .kernel_rows import CURRENT, LOG_GAIN, NORMAL, NOTES, WAIT, X, Z
from .trial_lanes import Lanes, flat, on_threads, reached, resting, sheet_of
from .vector_math import inlined, larger, lit, log
from .vector_noise import hashed, normal
from .vector_omega import omegas


def shaken_compiled(
    c: Coefficients, counts: np.ndarray, into: Tensor, back: Tensor, reach: Tensor, keys: np.ndarray
) -> np.ndarray:
    """Spikes, [trial, step, neuron], of neurons whose coefficients are [neuron].

    Args:
        counts: input events, [trial, step, channel].
        into, back: weight currents [A], [source, dendrite, neuron].
        reach: standard deviation of x = I / I_gain for each step, [neuron].
        keys: name the random numbers of each trial, uint64 [trial].
    """
    sheet = sheet_of(c, counts, into.dtype)
    wires, dense = (reached(flat(into)), reached(flat(back))), flat(into.new_zeros(0, *into.shape))
    kicks = np.repeat(reach.numpy(), LANES).astype(sheet.p.dtype)
    raster = np.zeros((len(counts), sheet.steps, sheet.p.shape[-1]), sheet.p.dtype)

    def run(group: Lanes) -> None:
        p, _ = sheet.lanes(group, 0)
        lowest = np.exp(-p[LOG_GAIN])
        mine = np.resize(keys[group.trials], LANES)  # lanes without a trial repeat one
        _play(
            p, sheet.kinds, sheet.adapts, sheet.clock, (kicks, lowest, mine),
            resting(sheet, p), (dense, group[1:], *wires), raster[group.trials],
        )  # fmt: skip

    on_threads(run, sheet.groups)
    return raster


@inlined
def _kick(state, notes, shaking, of_step, dt):
    """Move the soma currents of neurons that integrate, as `dense_play._moved`."""
    kicks, lowest, _ = shaking
    elements = np.uint64(kicks.size)
    for e in range(np.uint64(0), elements):
        notes[NORMAL, e] = lit(dt, normal(of_step[e % ACROSS], e // ACROSS))
    omegas(state[Z], notes[X], 0, elements)
    for e in range(np.uint64(0), elements):
        x = larger(notes[X, e] + kicks[e] * notes[NORMAL, e], lowest[e])
        state[Z, e] = state[Z, e] if state[WAIT, e] > lit(dt, 0) else x + log(x)


@compiled
def _play(p, kinds, adapts, clock, shaking, now, drives, raster):
    """Play `LANES` trials to one chip.

    Args:
        p, now, drives, raster: as in `adjoint.forward`, `now` as its `start`.
        shaking: standard deviation of x and its lowest value [element], and keys [lane].
    """
    dt, dark = clock
    _, _, keys = shaking
    rows, elements = CURRENT + kinds.size, p.shape[1]
    state, pending = now[:rows], now[rows:]
    notes = np.zeros((NOTES, elements), p.dtype)
    tape, of_step = np.empty((TAPE, elements), p.dtype), np.empty(LANES, np.uint64)
    spikes, waits = np.empty(elements, np.int32), np.empty(elements, p.dtype)
    before = np.zeros(raster.shape[1] + 1, np.int64)
    for k in range(raster.shape[1]):
        for lane in range(LANES):
            of_step[lane] = hashed(keys[lane], np.uint64(k))
        _kick(state, notes, shaking, of_step, dt)
        count = taped_step(
            state, p, pending, notes, kinds, adapts, tape, spikes, waits, 0, dt, dark
        )
        before[k], before[k + 1] = 0, count
        mark(raster, k, spikes, 0, count, dt)
        deliver(pending, drives, spikes, before, k)
