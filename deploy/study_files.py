"""The files of a robustness study: what was asked, networks, and rows that survive a kill."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..models.errors import FileError, InputError
from .resumable import RowFile, WorkFolder, read_table

Place = tuple[str, int, str, int]
"""Method, number of the network, cell, draw: what tells rows apart."""


@dataclass(frozen=True)
class Row:
    """What one network did in one draw of one cell."""

    method: str
    network: int
    cell: str
    draw: int
    accuracy: float
    """Share of decisions that are right [1]."""
    mse_target: float | None
    """Mean square of output minus target. None: answers are labels, there is no target output."""
    mse_teacher: float | None
    """Mean square of output minus the teacher's; None: no teacher is known."""
    rate_hz: float
    """Spikes per neuron and second [Hz]."""
    gain: float
    """Gain of the output; 1 without compensation."""
    network_hash: str
    """Hash of the network, before it was perturbed."""
    mse_dynamics: float | None = None
    """Mean square of decoded minus the teacher's activations, over samples, steps and units; before
    any gain or filter. None: the network decodes none, or no teacher is known."""
    nrmse_dynamics: float | None = None
    """Root of that over the mean variance in time of the teacher's units [1]: `DynamicsError`."""

    @property
    def place(self) -> Place:
        """What tells it from others."""
        return self.method, self.network, self.cell, self.draw


NAMES = tuple(f.name for f in fields(Row))
MAY_LACK = ("mse_target", "mse_teacher", "mse_dynamics", "nrmse_dynamics")
"""Empty where there is no teacher, or no target output."""
ROW_FORMAT = 2
"""Of rows.csv, said in study.json. 1, which said nothing: without the errors of the dynamics. Rows
of every format are read; a study goes on in its own format only."""


def read_rows(path: Path) -> list[Row]:
    """Rows of a study, of any format: what a format does not have is None.

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT.
    """
    return read_table(path, _row, "robustness")


class StudyFiles(WorkFolder):
    """The folder of a study, held by one process at a time until it is closed.

    Raises:
        InputError: OTHER_STUDY, if the folder holds another study, or one with rows of another
            format; STUDY_HELD by another process.
        FileError: FILE_NOT_WRITABLE.
    """

    def __init__(self, folder: Path, asked: Mapping[str, Any]):
        if (folder / "rows.csv").exists() and not (folder / "study.json").exists():
            raise InputError(
                f"{folder} holds rows of a study, and no study.json that says of which: give "
                "another folder, or delete rows.csv",
                code="OTHER_STUDY",
            )
        super().__init__(folder, "study", dict(asked) | {"row_format": ROW_FORMAT})
        (folder / "networks").mkdir(exist_ok=True)
        self.table = RowFile(folder / "rows.csv", Row, read_rows)

    def rows(self, places: Collection[Place]) -> list[Row]:
        """What was judged so far.

        Args:
            places: all that the study has.

        Raises:
            FileError: FILE_CORRUPT, a row of another place, or two of one.
        """
        rows, seen = self.table.rows(), set[Place]()
        for row in rows:
            if row.place not in places or row.place in seen:
                what = "two rows of" if row.place in seen else "a row that is none of this study,"
                method, network, cell, draw = row.place
                raise FileError(
                    f"{self.table.path} has {what} {method} {network}, {cell}, draw {draw}: take "
                    "it out, and it is made anew if it is wanted",
                    code="FILE_CORRUPT",
                )
            seen.add(row.place)
        return rows

    @property
    def teacher(self) -> Path:
        """File of the teacher."""
        return self.folder / "teacher.npz"

    def network(self, method: str, number: int) -> Path:
        """File of a network."""
        return self.folder / "networks" / f"{method}-{number}.npz"


def _row(line: Mapping[str, str]) -> Row:
    whole, words = {"network", "draw"}, {"method", "cell", "network_hash"}
    later = {f.name for f in fields(Row) if f.default is None} - line.keys()
    values: dict[str, Any] = {
        name: line[name] if name in words else int(line[name]) if name in whole
        else None if name in MAY_LACK and not line[name] else float(line[name])
        for name in NAMES if name not in later
    }  # fmt: skip
    numbers = [value for value in values.values() if isinstance(value, float)]
    if not all(map(math.isfinite, numbers)) or not 0 <= values["accuracy"] <= 1:
        raise ValueError("numbers are finite, and accuracies from 0 to 1")
    return Row(**values)
