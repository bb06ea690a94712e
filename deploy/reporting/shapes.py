"""Numbers behind the figures, worked out once for the page and for papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_WIDTHS = (0.005, 0.01, 0.02, 0.05, 0.1)
_MOST_BINS = 40


@dataclass(frozen=True, eq=False)
class Stack:
    """Every chip as a brick, stacked by accuracy; no stack mixes kept and broken promises."""

    x: np.ndarray
    """Middle of the stack [1], float64 [chip]."""
    y: np.ndarray
    """Height in it, from 1, int64 [chip]."""
    kept: np.ndarray
    """Whether the chip keeps the promise; all do without one, bool [chip]."""
    width: float
    """Of a stack [1]."""


def stack(accuracies: Sequence[float], promised: float | None) -> Stack:
    """Stack chips by accuracy, one stack edge at the promise."""
    values = np.array(accuracies, np.float64)
    spread = float(np.ptp(values)) if len(values) else 0.0
    width = next((w for w in _WIDTHS if spread / w <= _MOST_BINS), _WIDTHS[-1])
    edge = (promised or 0.0) - 1e-9  # as `Promise.kept_by` forgives rounding
    place = np.floor((values - edge) / width).astype(np.int64)
    y = np.zeros(len(values), np.int64)
    for k, at in enumerate(place):
        y[k] = 1 + int((place[:k] == at).sum())
    kept = np.ones(len(values), bool) if promised is None else values >= edge
    return Stack(edge + (place + 0.5) * width, y, kept, width)


@dataclass(frozen=True)
class Step:
    """A bar of a waterfall."""

    name: str
    """Of the rung."""
    bottom: float
    """Lower end [1]."""
    top: float
    """Upper end [1]."""
    kind: str
    """'end', 'cost', 'named' (costs beyond chance), 'gain', 'same' or 'unknown'."""
    text: str
    """What stands at the bar."""
    interval: tuple[float, float] | None
    """Of the accuracy on this rung [1]."""


def waterfall(ladder: Mapping[str, Any]) -> list[Step]:
    """Bars of a ladder's record: the first rung from 0, every other from the one above it."""
    steps: list[Step] = []
    beyond, last = set(ladder["significant"]), None
    for rung in ladder["rungs"]:
        outcome = rung["outcome"]
        if outcome is None:
            steps.append(Step(rung["name"], 0.0, 0.0, "unknown", "not known", None))
            continue
        here = outcome["accuracy"]
        low, high = outcome["interval"]
        if last is None:
            text, kind, ends = f"{here:.1%}", "end", (0.0, here)
        else:
            ends = (min(last, here), max(last, here))
            kind = "cost" if here < last else "gain" if here > last else "same"
            kind = "named" if rung["name"] in beyond else kind
            text = f"{here - last:+.1%}".replace("-", "\N{MINUS SIGN}") if here != last else "0"
        steps.append(Step(rung["name"], *ends, kind, text, (low, high)))
        last = here
    return steps


def core_grid(address: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[tuple[str, int, int]]]:
    """Where neurons stand on a map of the cores in use, four cores in a row.

    Returns:
        Column and row of every neuron, and (name, first column, first row) of every core.
    """
    cores, of = np.unique(address[:, :2], axis=0, return_inverse=True)
    of = of.ravel()
    number = address[:, 2]
    column = (of % 4) * 17 + number % 16
    row = -(of // 4) * 19 - number // 16
    places = [
        (f"chip {chip} core {core}", k % 4 * 17, -(k // 4) * 19)
        for k, (chip, core) in enumerate(cores.tolist())
    ]
    return column, row, places


def pairs_of(boards: int) -> list[tuple[int, int]]:
    """Boards that are held against each other in a scatter: all pairs of up to four; of more, each
    of the worst eleven against the best, which is the last."""
    if boards <= 4:
        return [(i, j) for i in range(boards) for j in range(i + 1, boards)]
    return [(i, boards - 1) for i in range(min(boards - 1, 11))]
