"""Trials side by side: a sheet of neurons as the compiled kernels that have `LANES` play it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .adjoint import LANES, SEGMENT, TAPE
from .checkpoints import stretch
from .coefficients import Coefficients
from .fast import kinds_of, pack
from .kernel_rows import AHP, AHP_FLOOR, CURRENT, FLOOR, Z
from .runner import processors


class Lanes(NamedTuple):
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
class Sheet:
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
    groups: list[Lanes]
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

    def sets(self, group: Lanes, chip: int) -> np.ndarray:
        """Whose coefficients the lanes of a group have on a chip, [lane]."""
        if self.chips is None and len(self.p) > 1:
            return np.minimum(np.arange(LANES) + group.trials.start, group.trials.stop - 1)
        return np.full(LANES, chip)

    def lanes(self, group: Lanes, chip: int) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients and `per_threshold` of a group on a chip, [row, element], [element]."""
        which = self.sets(group, chip)
        p = np.moveaxis(self.p[which], 0, -1)
        return p.reshape(len(p), -1), self.per_threshold[which].T.reshape(-1)


def sheet_of(c: Coefficients, counts: np.ndarray, dtype: torch.dtype) -> Sheet:
    """Neurons with these coefficients, and the outside events [trial, step, channel] they hear."""
    kind = np.float32 if dtype == torch.float32 else np.float64
    lead, neurons = c.z_floor.shape[:-1], c.z_floor.shape[-1]
    n_sets = lead[0] if lead else 1
    threshold = np.broadcast_to(
        c.x_threshold.detach().numpy().reshape(-1, neurons), (n_sets, neurons)
    )
    return Sheet(
        pack(c, n_sets, kind),
        np.ascontiguousarray(1.0 / threshold, dtype=kind),
        kinds_of(c),
        c.adapts,
        (kind(c.dt), kind(c.constants.i_0)),
        _lanes_of(counts, kind),
        n_sets if len(lead) == 2 else None,
        counts.shape[1],
    )


def _lanes_of(counts: np.ndarray, kind: type) -> list[Lanes]:
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
        groups.append(Lanes(trials_of, first, source, lane, number))
    return groups


def flat(tensor: Tensor) -> np.ndarray:
    """An array with dendrites and neurons as one axis of slots."""
    array = np.ascontiguousarray(tensor.detach().numpy())
    return array.reshape(*array.shape[:-2], array.shape[-2] * array.shape[-1])


def reached(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(start, slot, weight) of the weights that are not 0, by source."""
    source, slot = np.nonzero(weights)
    start = np.searchsorted(source, np.arange(len(weights) + 1))
    return start, np.ascontiguousarray(slot), weights[source, slot]


def resting(sheet: Sheet, p: np.ndarray) -> np.ndarray:
    """The checkpoint of silent neurons to whom nothing comes, [row, element]."""
    state = np.zeros((sheet.rows, p.shape[1]), p.dtype)
    state[Z], state[AHP] = p[FLOOR], p[AHP_FLOOR]
    state[CURRENT : CURRENT + len(sheet.kinds)] = sheet.clock[1]
    return state


def on_threads(work: Callable, items: Iterable) -> list:
    """Results of `work` for each item, in order."""
    items = list(items)
    if len(items) == 1:  # as in each part of a batch: a thread would only cost time
        return [work(items[0])]
    with ThreadPoolExecutor(processors()) as pool:
        return list(pool.map(work, items))
