"""What one chip did with the whole stimulus: the rows of a validation, and their file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ...hw.board import simulated
from ...hw.snapshot import silicon_hash
from ...models.recording import Recording, Stimulus
from ..metrics import accuracy, mean_rate_hz
from ..program import Program
from ..resumable import read_table
from .targets import Target

SOFTWARE = "software model"
"""The name of the row of the network played in software."""


@dataclass(frozen=True)
class Row:
    """What one target did with the whole stimulus."""

    name: str
    """Board name, or `SOFTWARE`."""
    target: str
    """'software', 'simulated' or 'measured'."""
    accuracy: float
    """Share of trials decided right [1]."""
    rate_hz: float
    """Mean rate over all neurons [Hz]."""
    spikes: int
    """Spikes of all neurons."""
    recording: str
    """Hash of the recording behind the row."""
    counted: bool = False
    """Whether it is a chip of the population that is judged; a nominal chip is none."""
    silicon: str = ""
    """Hash of what says which chips the board has (`hw.snapshot.silicon`)."""
    serial: str = ""
    """Serial number of a board behind the driver."""


def row_of(recording: Recording, program: Program, stimulus: Stimulus, counted: bool) -> Row:
    """The row of a recording."""
    software = recording.board["target"] == "software"
    return Row(
        recording.board["name"],
        recording.board["target"],
        accuracy(recording, program.readout, stimulus.target),
        mean_rate_hz(recording),
        int(recording.counts.sum()),
        recording.hash,
        counted,
        "" if software else silicon_hash(recording.board),
        str(recording.board.get("serial") or ""),
    )


def is_counted(target: Target) -> bool:
    """Whether this is a chip like those a user may meet: not one without any mismatch or defect."""
    board = simulated(target) if isinstance(target, str) else target
    if board is None or board.snapshot is not None:
        return True
    odd = board.level > 0 or board.defects or board.stuck > 0 or board.doubled
    return board.seed is not None and odd


def read_rows(path: Path) -> list[Row]:
    """Rows of a sweep. Raises FileError FILE_MISSING, FILE_CORRUPT."""
    return read_table(path, _row, "validate")


def summary_of(rows: tuple[Row, ...]) -> dict[str, float] | None:
    """Mean, worst and best accuracy of the chips that count, or None without any."""
    chips = [row.accuracy for row in rows if row.counted]
    if not chips:
        return None
    return {"mean": float(np.mean(chips)), "worst": min(chips), "best": max(chips)}


_READ = {
    "accuracy": float,
    "rate_hz": float,
    "spikes": int,
    "counted": {"True": True, "False": False}.__getitem__,
}


def _row(line: Mapping[str, str]) -> Row:
    return Row(**{f.name: _READ.get(f.name, str)(line[f.name]) for f in fields(Row)})
