"""The compiled adjoint as a torch autograd function, on threads.

`LANES` trials are worked on together by one thread; gradients of weights are summed over `PARTS`
parts of a fixed size, so no bit of them depends on the number of threads. Nor does any on whether
the tape is kept as a whole or played again (models/checkpoints.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import adjoint, adjoint_stretches
from .adjoint import LANES, SEGMENT
from .coefficient_rows import free_rows, wanted_rows
from .coefficients import Coefficients
from .trial_lanes import Lanes, Sheet, flat, on_threads, reached, resting, sheet_of

PARTS = 8
"""Partial sums of the gradients of weights."""


class _Taped(NamedTuple):
    """What the way there leaves for the way back, of a group on a chip; see `adjoint.forward`."""

    drives: tuple
    """What arrives."""
    outcome: tuple[np.ndarray, np.ndarray, np.ndarray]
    """Spikes."""
    kept: np.ndarray
    """State and what is pending [mark, row, element], every `SEGMENT` steps or every stretch."""
    tape: np.ndarray
    """Of every step; of one step only, if stretches are played again."""


def unroll_compiled(
    c: Coefficients,
    arriving: Tensor | None,
    counts: Tensor | None = None,
    w_in: Tensor | None = None,
    w_rec: Tensor | None = None,
) -> Tensor:
    """Spikes by the compiled adjoint; see `unrolling.unroll` and `unroll_events`."""
    given = next(t for t in (arriving, w_in) if t is not None)
    empty = given.new_zeros(0, len(c.decay), c.z_floor.shape[-1])
    if counts is None:
        counts = given.new_zeros(*given.shape[:2], 0)
    if w_rec is None:
        w_rec = empty.new_zeros(empty.shape[-1], *empty.shape[1:])
    sheet = sheet_of(c, counts.detach().numpy(), given.dtype)
    dense = given.new_zeros(0, *empty.shape) if arriving is None else arriving
    into, back = (empty if w is None else w.to(given.dtype) for w in (w_in, w_rec))
    counts, rows = counts.to(given.dtype), wanted_rows(c, len(sheet.p)).to(given.dtype)
    return _Unrolled.apply(sheet, dense, counts, into, back, rows)  # pyright: ignore[reportReturnType]


class _Unrolled(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, sheet: Sheet, arriving: Tensor, counts: Tensor, w_in: Tensor, w_rec: Tensor,
        rows: Tensor,
    ) -> Tensor:  # fmt: skip
        dense, into, back = (flat(t) for t in (arriving, w_in, w_rec))
        wires = reached(into), reached(back)
        trials = sheet.groups[-1].trials.stop if sheet.groups else 0
        shape = (sheet.chips or 1, trials, sheet.steps, sheet.p.shape[-1])
        raster = np.zeros(shape, sheet.p.dtype)
        wanted = any(ctx.needs_input_grad)
        ctx.length = sheet.stretch() if wanted else None
        whole = wanted and ctx.length is None

        every = SEGMENT if whole else ctx.length or max(sheet.steps, 1)

        def play(job: tuple[Lanes, int]) -> _Taped | None:
            group, chip = job
            p, _ = sheet.lanes(group, chip)
            drives = (dense[group.trials], group[1:], *wires)
            kept, tape = sheet.marks(-(-sheet.steps // every)), sheet.tape(whole * sheet.steps)
            spikes, before = np.empty(1024, np.int32), np.zeros(sheet.steps + 1, np.int64)
            fired = adjoint.forward(
                p, sheet.kinds, sheet.adapts, sheet.clock, resting(sheet, p), drives,
                (spikes, spikes.astype(p.dtype), before), raster[chip, group.trials], tape, kept,
                (0, sheet.steps, every),
            )  # fmt: skip
            return _Taped(drives, (*fired, before), kept, tape) if wanted else None

        jobs = [(group, chip) for group in sheet.groups for chip in range(sheet.chips or 1)]
        ctx.sheet, ctx.jobs, ctx.taped = sheet, jobs, on_threads(play, jobs)
        ctx.save_for_backward(arriving)
        ctx.shapes = dense.shape, tuple(counts.shape), into.shape, back.shape
        return torch.from_numpy(raster if sheet.chips is not None else raster[0])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor):  # pyright: ignore
        _ = ctx.saved_tensors  # raises if what is read again was changed in place
        sheet: Sheet = ctx.sheet
        *wanted, wants_rows = ctx.needs_input_grad[1:]
        shapes = [s if wants else (0, *s[1:]) for s, wants in zip(ctx.shapes, wanted, strict=True)]
        g_raster = gradients[0] if sheet.chips is not None else gradients[0][None]
        if g_raster.stride(2) == 0:  # of a sum over steps: the same in all of them
            g_raster = g_raster[:, :, :1]
        g_raster = np.ascontiguousarray(g_raster.numpy())
        g_dense, g_counts = (np.zeros(s, sheet.p.dtype) for s in shapes[:2])

        def part(chosen: np.ndarray) -> tuple[np.ndarray, ...]:
            g_in, g_rec = (np.zeros(s, sheet.p.dtype) for s in shapes[2:])
            g_free = np.zeros(sheet.p.shape if wants_rows else (0,), sheet.p.dtype)
            again = ctx.length and (sheet.marks(ctx.length // SEGMENT), sheet.tape(ctx.length))
            for (group, chip), taped in [(ctx.jobs[k], ctx.taped[k]) for k in chosen]:
                p, per_threshold = sheet.lanes(group, chip)
                marks = taped.kept if again else sheet.marks(0)
                g_p = np.zeros_like(p) if wants_rows else None
                adjoint_stretches.backward(
                    p, per_threshold, sheet.kinds, sheet.adapts, sheet.clock,
                    taped.drives, taped.outcome, marks, *(again or taped[2:]),
                    g_raster[chip, group.trials],
                    (g_dense[group.trials], g_counts[group.trials], g_in, g_rec), g_p,
                )  # fmt: skip
                if g_p is not None:
                    by_lane = np.moveaxis(g_p.reshape(len(p), -1, LANES), -1, 0)
                    np.add.at(g_free, sheet.sets(group, chip), by_lane)
            return g_in, g_rec, g_free

        sums = on_threads(part, _parts(len(sheet.groups), sheet.chips or 1))
        g_in, g_rec, g_free = (np.sum([s[k] for s in sums], axis=0) for k in range(3))
        slots = len(sheet.kinds), sheet.p.shape[-1]
        found = (
            g_dense.reshape(*g_dense.shape[:-1], *slots), g_counts,
            g_in.reshape(-1, *slots), g_rec.reshape(-1, *slots),
        )  # fmt: skip
        by_row = g_free.swapaxes(0, 1)[free_rows(len(sheet.kinds))] if wants_rows else None
        return (
            None,
            *(
                torch.from_numpy(g) if wants else None
                for g, wants in zip(found, wanted, strict=True)
            ),
            None if by_row is None else torch.from_numpy(by_row),
        )


def _parts(groups: int, chips: int) -> list[np.ndarray]:
    """Jobs by part; all jobs of a group (which add to the same drive) are in one part."""
    parts = np.array_split(np.arange(groups), min(PARTS, max(groups, 1)))
    return [(part[:, None] * chips + np.arange(chips)).reshape(-1) for part in parts]
