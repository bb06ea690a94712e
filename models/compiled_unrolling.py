"""The compiled adjoint as a torch autograd function, on threads.

`LANES` trials are worked on together by one thread; gradients of weights are summed over `PARTS`
parts of a fixed size, so no bit of them depends on the number of threads. Nor does any on whether
the tape is kept as a whole or played again (models/checkpoints.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from . import adjoint, adjoint_stretches
from .adjoint import LANES, SEGMENT, TAPE
from .checkpoints import stretch
from .coefficient_rows import free_rows, wanted_rows
from .coefficients import Coefficients
from .fast import kinds_of, pack
from .kernel_rows import AHP, AHP_FLOOR, CURRENT, FLOOR, Z
from .runner import processors

PARTS = 8
"""Partial sums of the gradients of weights."""


class _Group(NamedTuple):
    """Trials side by side, and their outside events by step."""

    trials: slice
    """Which ones."""
    first: np.ndarray
    """First event of each step, int64 [step + 1]."""
    source: np.ndarray
    """Channel of each event, int64 [event]."""
    lane: np.ndarray
    """Trial of each event within the group, int64 [event]."""
    number: np.ndarray
    """How many of them, [event]."""


@dataclass(frozen=True, eq=False)
class _Sheet:
    """What does not change while a sheet is played."""

    p: np.ndarray
    """Coefficients [set, row, neuron]."""
    per_threshold: np.ndarray
    """1 / x at the threshold, [set, neuron]."""
    kinds: np.ndarray
    """What each dendrite does."""
    adapts: bool
    """Whether any neuron adapts."""
    clock: tuple
    """Step [s] and dark current [A]."""
    groups: list[_Group]
    """All trials."""
    chips: int | None
    """Chips that play all trials, or None: each trial has coefficients of its own, or all share."""
    steps: int
    """Of every trial."""

    @property
    def rows(self) -> int:
        """Rows of a checkpoint: the state, and what is pending at every dendrite."""
        return CURRENT + 2 * len(self.kinds)

    def stretch(self) -> int | None:
        """Steps between checkpoints, some `SEGMENT`s; None: the tape is kept as a whole."""
        lanes = LANES * len(self.groups) * (self.chips or 1)
        row = lanes * self.p.shape[-1] * self.p.itemsize
        return stretch(self.steps, TAPE * row, self.rows * row, SEGMENT)

    def marks(self, number: int) -> np.ndarray:
        """Space for checkpoints, [mark, row, element]."""
        return np.empty((number, self.rows, LANES * self.p.shape[-1]), self.p.dtype)

    def tape(self, steps: int) -> np.ndarray:
        """Space for a tape of some steps, one at least, [step, 3, element]."""
        return np.empty((max(steps, 1), TAPE, LANES * self.p.shape[-1]), self.p.dtype)

    def sets(self, group: _Group, chip: int) -> np.ndarray:
        """Whose coefficients the lanes of a group have on a chip, [lane]."""
        if self.chips is None and len(self.p) > 1:
            return np.minimum(np.arange(LANES) + group.trials.start, group.trials.stop - 1)
        return np.full(LANES, chip)

    def lanes(self, group: _Group, chip: int) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients and `per_threshold` of a group on a chip, [row, element], [element]."""
        which = self.sets(group, chip)
        p = np.moveaxis(self.p[which], 0, -1)
        return p.reshape(len(p), -1), self.per_threshold[which].T.reshape(-1)


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
    sheet = _sheet(c, counts.detach().numpy(), given.dtype)
    dense = given.new_zeros(0, *empty.shape) if arriving is None else arriving
    into, back = (empty if w is None else w.to(given.dtype) for w in (w_in, w_rec))
    counts, rows = counts.to(given.dtype), wanted_rows(c, len(sheet.p)).to(given.dtype)
    return _Unrolled.apply(sheet, dense, counts, into, back, rows)  # pyright: ignore[reportReturnType]


def _sheet(c: Coefficients, counts: np.ndarray, dtype: torch.dtype) -> _Sheet:
    kind = np.float32 if dtype == torch.float32 else np.float64
    lead, neurons = c.z_floor.shape[:-1], c.z_floor.shape[-1]
    n_sets = lead[0] if lead else 1
    threshold = np.broadcast_to(
        c.x_threshold.detach().numpy().reshape(-1, neurons), (n_sets, neurons)
    )
    return _Sheet(
        pack(c, n_sets, kind),
        np.ascontiguousarray(1.0 / threshold, dtype=kind),
        kinds_of(c),
        c.adapts,
        (kind(c.dt), kind(c.constants.i_0)),
        _groups(counts, kind),
        n_sets if len(lead) == 2 else None,
        counts.shape[1],
    )


def _groups(counts: np.ndarray, kind: type) -> list[_Group]:
    """Trials by `LANES`, with the events of outside counts [trial, step, source]."""
    trials, steps, sources = counts.shape
    groups = []
    for start in range(0, trials, LANES):
        mine = counts[start : start + LANES].swapaxes(0, 1)
        where = np.flatnonzero(mine != 0)
        step, rest = np.divmod(where, mine.shape[1] * sources)
        lane, source = np.divmod(rest, sources)
        first = np.searchsorted(step, np.arange(steps + 1))
        number = mine[step, lane, source].astype(kind)
        trials_of = slice(start, start + mine.shape[1])
        groups.append(_Group(trials_of, first, source, lane, number))
    return groups


class _Unrolled(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, sheet: _Sheet, arriving: Tensor, counts: Tensor, w_in: Tensor, w_rec: Tensor,
        rows: Tensor,
    ) -> Tensor:  # fmt: skip
        dense, into, back = (_flat(t) for t in (arriving, w_in, w_rec))
        wires = _reached(into), _reached(back)
        trials = sheet.groups[-1].trials.stop if sheet.groups else 0
        shape = (sheet.chips or 1, trials, sheet.steps, sheet.p.shape[-1])
        raster = np.zeros(shape, sheet.p.dtype)
        wanted = any(ctx.needs_input_grad)
        ctx.length = sheet.stretch() if wanted else None
        whole = wanted and ctx.length is None

        every = SEGMENT if whole else ctx.length or max(sheet.steps, 1)

        def play(job: tuple[_Group, int]) -> _Taped | None:
            group, chip = job
            p, _ = sheet.lanes(group, chip)
            drives = (dense[group.trials], group[1:], *wires)
            kept, tape = sheet.marks(-(-sheet.steps // every)), sheet.tape(whole * sheet.steps)
            spikes, before = np.empty(1024, np.int32), np.zeros(sheet.steps + 1, np.int64)
            fired = adjoint.forward(
                p, sheet.kinds, sheet.adapts, sheet.clock, _rest(sheet, p), drives,
                (spikes, spikes.astype(p.dtype), before), raster[chip, group.trials], tape, kept,
                (0, sheet.steps, every),
            )  # fmt: skip
            return _Taped(drives, (*fired, before), kept, tape) if wanted else None

        jobs = [(group, chip) for group in sheet.groups for chip in range(sheet.chips or 1)]
        ctx.sheet, ctx.jobs, ctx.taped = sheet, jobs, _on_threads(play, jobs)
        ctx.save_for_backward(arriving)
        ctx.shapes = dense.shape, tuple(counts.shape), into.shape, back.shape
        return torch.from_numpy(raster if sheet.chips is not None else raster[0])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor):  # pyright: ignore
        _ = ctx.saved_tensors  # raises if what is read again was changed in place
        sheet: _Sheet = ctx.sheet
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

        sums = _on_threads(part, _parts(len(sheet.groups), sheet.chips or 1))
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


def _flat(tensor: Tensor) -> np.ndarray:
    """An array with dendrites and neurons as one axis of slots."""
    array = np.ascontiguousarray(tensor.detach().numpy())
    return array.reshape(*array.shape[:-2], array.shape[-2] * array.shape[-1])


def _reached(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(start, slot, weight) of the weights that are not 0, by source."""
    source, slot = np.nonzero(weights)
    start = np.searchsorted(source, np.arange(len(weights) + 1))
    return start, np.ascontiguousarray(slot), weights[source, slot]


def _rest(sheet: _Sheet, p: np.ndarray) -> np.ndarray:
    """The checkpoint of silent neurons to whom nothing comes, [row, element]."""
    state = np.zeros((sheet.rows, p.shape[1]), p.dtype)
    state[Z], state[AHP] = p[FLOOR], p[AHP_FLOOR]
    state[CURRENT : CURRENT + len(sheet.kinds)] = sheet.clock[1]
    return state


def _parts(groups: int, chips: int) -> list[np.ndarray]:
    """Jobs by part; all jobs of a group (which add to the same drive) are in one part."""
    parts = np.array_split(np.arange(groups), min(PARTS, max(groups, 1)))
    return [(part[:, None] * chips + np.arange(chips)).reshape(-1) for part in parts]


def _on_threads(work: Callable, items: Iterable) -> list:
    """Results of `work` for each item, in order."""
    with ThreadPoolExecutor(processors()) as pool:
        return list(pool.map(work, items))
