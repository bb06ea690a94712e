"""The files of a robustness study: what was asked, networks, and rows that survive a kill."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from ..models.archive import write_bytes
from ..models.errors import InputError


@dataclass(frozen=True)
class Row:
    """What one network did in one draw of one cell."""

    method: str
    network: int
    cell: str
    draw: int
    accuracy: float
    """Share of decisions that are right [1]."""
    mse_target: float
    """Mean square of output minus target."""
    mse_teacher: float | None
    """Mean square of output minus the teacher's; None: no teacher is known."""
    rate_hz: float
    """Spikes per neuron and second [Hz]."""
    gain: float
    """Gain of the output; 1 without compensation."""
    network_hash: str
    """Hash of the network, before it was perturbed."""

    @property
    def place(self) -> tuple[str, int, str, int]:
        """What tells rows apart."""
        return self.method, self.network, self.cell, self.draw


NAMES = tuple(f.name for f in fields(Row))


class StudyFiles:
    """The folder of a study.

    Raises:
        InputError: OTHER_STUDY, if the folder holds another study.
        FileError: FILE_NOT_WRITABLE.
    """

    def __init__(self, folder: Path, asked: Mapping[str, Any]):
        self.folder, self._csv = folder, folder / "rows.csv"
        text = json.dumps(asked, indent=2, sort_keys=True) + "\n"
        study = folder / "study.json"
        if study.exists() and study.read_text(encoding="utf-8") != text:
            raise InputError(
                f"{folder} holds another study (see its study.json): give another folder, or the "
                "same options to go on with it",
                code="OTHER_STUDY",
            )
        (folder / "networks").mkdir(parents=True, exist_ok=True)
        write_bytes(study, text.encode())
        self._mend()

    @property
    def teacher(self) -> Path:
        """File of the teacher."""
        return self.folder / "teacher.npz"

    def network(self, method: str, number: int) -> Path:
        """File of a network."""
        return self.folder / "networks" / f"{method}-{number}.npz"

    def rows(self) -> list[Row]:
        """Every row that was finished."""
        if not self._csv.exists():
            return []
        with self._csv.open(newline="", encoding="utf-8") as file:
            return [_row(line) for line in csv.DictReader(file)]

    def append(self, row: Row) -> None:
        """Add a row; it is on its way to the disk when this returns."""
        with self._csv.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow("" if v is None else v for v in astuple(row))

    def _mend(self) -> None:
        """Write the rows anew, without a last line that was cut by a kill."""
        whole = ""
        if self._csv.exists():
            whole = self._csv.read_bytes().rpartition(b"\n")[0].decode()
        lines = [line for line in csv.reader(io.StringIO(whole)) if len(line) == len(NAMES)]
        text = io.StringIO()
        csv.writer(text).writerows([NAMES, *lines[1:]])
        write_bytes(self._csv, text.getvalue().encode())


def _row(line: Mapping[str, str]) -> Row:
    whole = {"network", "draw"}
    words = {"method", "cell", "network_hash"}
    values: dict[str, Any] = {
        name: line[name] if name in words else int(line[name]) if name in whole
        else float(line[name]) if line[name] else None
        for name in NAMES
    }  # fmt: skip
    return Row(**values)
