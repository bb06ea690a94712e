"""The way back through all steps, stretch by stretch, with a tape that is there or played again."""

from __future__ import annotations

import numpy as np

from .adjoint import LANES, SEGMENT, TAPE_PHI, TAPE_X, TAPE_Z, copied, forward
from .adjoint_back import (
    ADJOINTS,
    G_AHP,
    G_SPIKE,
    G_SUM,
    G_Z,
    again,
    back_adaptation,
    back_dendrites,
    back_resets,
    back_somas,
    from_spikes,
    gather,
    seen,
    to_sources,
)
from .compiled import compiled
from .kernel_rows import AHP, AHP_DECAY, AHP_FLOOR, AHP_MEAN, CURRENT, FLOOR, WAIT
from .vector_math import inlined, lit
from .vector_rows import fetch

LINE = 64
"""Bytes that come from memory at a time, of most processors."""


@inlined
def back_through(
    p, per_threshold, kinds, adapts, clock, taped, adjoints, g_raster, g_to, g_p, stretch, space
):
    """Go back through a stretch, first step and the one after the last, whose tape is there.

    `adjoints` (of the soma's circuits [row, element], of dendrites, of what is pending) are those
    at its end and become those at its start; `taped` and the rest as `backward`. `space` is to
    work in: for the linear circuits of `SEGMENT` steps, for a checkpoint, and as `to_sources`
    takes it.
    """
    dt, dark = clock
    drives, outcome, kept, tape = taped
    spikes, _, before = outcome
    g, g_currents, g_pending = adjoints
    first, last = stretch
    segment, now, work = space
    g_flat = g_pending.reshape(g_pending.size)
    for k in range(last - 1, first - 1, -1):
        begun = k // SEGMENT * SEGMENT
        if k == last - 1 or k == begun + SEGMENT - 1:
            copied(kept[k // SEGMENT % kept.shape[0]], now)
            some = segment[: k + 1 - begun]
            again(p, kinds, adapts, clock, now, drives, outcome, begun, some, g_p)
        currents, there = segment[k - begun], tape[k % tape.shape[0]]
        if k > first:
            earlier = np.uint64((k - 1) % tape.shape[0]) * np.uint64(there.size)
            for n in range(np.uint64(0), np.uint64(there.size), np.uint64(LINE // tape.itemsize)):
                fetch(tape, earlier + n)
        from_spikes(g, g_raster, k, k == last - 1)
        gather(g[G_SPIKE], drives[3], g_flat)
        to_sources(drives, outcome, g_flat, work, g_to, k)
        if adapts:
            back_adaptation(p, outcome, k, currents, g, dt)
        if g_p is not None:
            back_resets(outcome, k, currents[WAIT], g, g_p, dt)
        for j in range(before[k], before[k + 1]):
            g[G_Z, spikes[j]] = lit(dt, 0)
        seen(p, kinds, adapts, currents, g, dark)
        back_somas(
            p, per_threshold, currents[WAIT], there[TAPE_Z], there[TAPE_X], there[TAPE_PHI],
            g, g_p, dark, dt,
        )  # fmt: skip
        if adapts:
            for n in range(np.uint64(0), np.uint64(p.shape[1])):
                alive = currents[AHP, n] * p[AHP_MEAN, n] > p[AHP_FLOOR, n]
                g[G_AHP, n] *= p[AHP_DECAY, n]
                g[G_AHP, n] += g[G_SUM, n] * p[AHP_MEAN, n] if alive else lit(dt, 0)
        back_dendrites(p, kinds, currents, g, g_currents, g_pending, g_p, dark)


@compiled
def backward(
    p, per_threshold, kinds, adapts, clock, drives, outcome, marks, kept, tape, g_raster, g_to, g_p
):
    """Add the gradients of `LANES` trials on one chip to `g_to`.

    Arguments as in `adjoint.forward`.

    Args:
        outcome: what the way there left.
        marks: state and what is pending every `len(tape)` steps [mark, row, element], to play each
            stretch again into `tape` and `kept`; none: these hold all steps already.
        g_raster: gradient of every spike [lane, step, neuron], or one row for all steps.
        g_to: gradients of the dense drive, of the numbers of outside events [lane, step, source],
            of the weights of events and of spikes; those that are not wanted are empty.
        g_p: to add the gradients of coefficients to, as `p`, of neurons that do not adapt: all but
            PER_CHARGE and those of adaptation. None: they are not wanted, and cost nothing.
    """
    steps, length = outcome[2].size - 1, tape.shape[0]
    adjoints = (
        np.zeros((ADJOINTS, p.shape[1]), p.dtype),
        np.zeros((kinds.size, p.shape[1]), p.dtype),
        np.zeros((kinds.size, p.shape[1]), p.dtype),
    )
    unseen = np.empty((0, 0, 0), p.dtype)
    space = (
        np.zeros((SEGMENT, CURRENT + kinds.size * (1 if g_p is None else 2), p.shape[1]), p.dtype),
        np.empty((CURRENT + 2 * kinds.size, p.shape[1]), p.dtype),
        (
            np.empty((LANES, adjoints[2].size // LANES), p.dtype),
            np.empty(LANES * g_to[1].shape[2], p.dtype),
        ),
    )
    taped = drives, outcome, kept, tape
    for first in range((steps - 1) // length * length, -1, -length):
        last = min(first + length, steps)
        if marks.shape[0]:
            forward(
                p, kinds, adapts, clock, marks[first // length], drives, outcome, unseen, tape,
                kept, (first, last, SEGMENT),
            )  # fmt: skip
        back_through(
            p, per_threshold, kinds, adapts, clock, taped, adjoints, g_raster, g_to, g_p,
            (first, last), space,
        )  # fmt: skip
    if g_p is not None:  # all begin at their floor
        for n in range(p.shape[1]):
            g_p[FLOOR, n] += adjoints[0][G_Z, n]
