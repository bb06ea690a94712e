"""Tables of neurons: of every chip, and of every neuron over all chips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .boards import Boards, BoardView

Record = Mapping[str, Any]

MOST_ROWS = 4_096
"""Rows in the neuron tables of all chips together."""
MOST_NEURONS = 1_024
"""Neurons with a paragraph of their own: those that are farthest off anywhere."""


@dataclass(frozen=True)
class NeuronRow:
    """A neuron in the table of a chip."""

    index: int
    """Model index."""
    name: str
    """As the program calls it."""
    place: str
    """Chip, core and neuron; "" where it is not known."""
    rate_hz: float
    """Here [Hz]."""
    others_hz: float
    """Median of the other boards [Hz]."""
    off_hz: float
    """The difference [Hz]."""
    linked: bool
    """Whether the neuron has a paragraph of its own."""
    found: tuple[str, ...]
    """What the comparison finds of it here."""


@dataclass(frozen=True)
class Paragraph:
    """One neuron on every board."""

    index: int
    """Model index."""
    name: str
    """As the program calls it."""
    place: str
    """Chip, core and neuron; "" where it is not known."""
    rows: tuple[tuple[float, ...], ...]
    """By board: rate [Hz], deviation [Hz], latency [us], mean interval [us], its CV [1]."""


def neuron_rows(boards: Boards, board: int, found: Sequence[Record]) -> list[NeuronRow]:
    """Neurons of a board, farthest off first.

    Args:
        found: findings of a comparison about this board.
    """
    most = max(16, MOST_ROWS // len(boards.views))
    told: dict[str, list[str]] = {}
    for finding in found:
        told.setdefault(finding["name"], []).append(finding["sentence"])
    detailed, rows = set(detailed_neurons(boards)), []
    for k in boards.worst_neurons(board)[:most].tolist():
        rate, off = float(boards.rates_hz[board, k]), float(boards.deviations_hz[board, k])
        name = boards.names[k]
        place = place_of(boards, k)
        rows.append(
            NeuronRow(
                k, name, place, rate, rate - off, off, k in detailed, tuple(told.get(name, ()))
            )
        )
    return rows


def detailed_neurons(boards: Boards) -> list[int]:
    """Neurons with a paragraph: those farthest off on any board, farthest first."""
    far = np.abs(boards.deviations_hz).max(axis=0)
    return np.argsort(-far, kind="stable")[:MOST_NEURONS].tolist()


def place_of(boards: Boards, neuron: int) -> str:
    """Where a neuron is."""
    if boards.address is None:
        return ""
    return "chip {} core {} neuron {}".format(*boards.address[neuron].tolist())


def findings_of(comparison: Record | None, view: BoardView) -> list[Record]:
    """Findings about a board. Boards are matched by their recordings, never by name."""
    if comparison is None:
        return []
    names = {b["name"] for b in comparison["boards"] if set(b["recordings"]) & set(view.hashes)}
    return [f for f in comparison["findings"] if f["board"] in names]


def paragraphs(boards: Boards) -> list[Paragraph]:
    """What there is to say of every neuron that has a paragraph."""
    found = []
    for k in sorted(detailed_neurons(boards)):
        rows = []
        for board, view in enumerate(boards.views):
            one = view.responses
            columns = (one.rate_hz[k], boards.deviations_hz[board, k])
            columns += (one.latency_us[k], one.isi_us[k], one.isi_cv[k])
            rows.append(tuple(float(value) for value in columns))
        found.append(Paragraph(k, boards.names[k], place_of(boards, k), tuple(rows)))
    return found
