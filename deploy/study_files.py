"""The files of a robustness study: what was asked, networks, and rows that survive a kill."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from ..models.archive import write_bytes
from ..models.errors import FileError, InputError

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
MAY_LACK = ("mse_teacher", "mse_dynamics", "nrmse_dynamics")
"""Empty where there is no teacher."""
ROW_FORMAT = 2
"""Of rows.csv, said in study.json. 1, which said nothing: without the errors of the dynamics. Rows
of every format are read; a study goes on in its own format only."""


def read_rows(path: Path) -> list[Row]:
    """Rows of a study, of any format: what a format does not have is None.

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_row(line) for line in csv.DictReader(file)]
    except FileNotFoundError as error:
        raise FileError(f"{path}: no such file: check the folder", code="FILE_MISSING") from error
    except (KeyError, ValueError, TypeError) as error:
        raise FileError(
            f"{path} holds no rows of a study ({error!r}): take one that 'robustness' wrote",
            code="FILE_CORRUPT",
        ) from error


class StudyFiles:
    """The folder of a study, held by one process at a time until it is closed.

    Raises:
        InputError: OTHER_STUDY, if the folder holds another study; STUDY_HELD by another process.
        FileError: FILE_NOT_WRITABLE.
    """

    def __init__(self, folder: Path, asked: Mapping[str, Any]):
        self.folder, self._csv = folder, folder / "rows.csv"
        self.asked = dict(asked) | {"row_format": ROW_FORMAT}
        """What the study is."""
        text = json.dumps(self.asked, indent=2, sort_keys=True, allow_nan=False) + "\n"
        study = folder / "study.json"
        try:
            if study.exists():
                _same(study, text)
            (folder / "networks").mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / ".lock")
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                f"another process works on {folder}: wait for it, or give another folder",
                code="STUDY_HELD",
            ) from error
        except OSError as error:
            raise FileError(
                f"cannot use {folder} ({error.strerror}): give a folder that you may write to",
                code="FILE_NOT_WRITABLE",
            ) from error
        write_bytes(study, text.encode())
        self._mend()

    def close(self) -> None:
        """Let others have the folder."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def teacher(self) -> Path:
        """File of the teacher."""
        return self.folder / "teacher.npz"

    def network(self, method: str, number: int) -> Path:
        """File of a network."""
        return self.folder / "networks" / f"{method}-{number}.npz"

    def rows(self) -> list[Row]:
        """Every row that was finished."""
        return read_rows(self._csv) if self._csv.exists() else []

    def append(self, row: Row) -> None:
        """Add a row; it is on its way to the disk when this returns."""
        with self._csv.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(_line(row))

    def keep(self, rows: Sequence[Row]) -> None:
        """Write the rows anew: these and no others."""
        self._write([_line(row) for row in rows])

    def _mend(self) -> None:
        """Write the rows anew, without a last line that was cut by a kill."""
        whole = ""
        if self._csv.exists():
            whole = self._csv.read_bytes().rpartition(b"\n")[0].decode()
        lines = [line for line in csv.reader(io.StringIO(whole)) if len(line) == len(NAMES)]
        self._write(lines[1:])

    def _write(self, lines: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([NAMES, *lines])
        write_bytes(self._csv, text.getvalue().encode())


def _same(study: Path, text: str) -> None:
    """Refuse another study than this."""
    there = study.read_text(encoding="utf-8")
    if there == text:
        return
    why = "holds another study, or one of another version (see its study.json)"
    if f'"row_format": {ROW_FORMAT}' not in there:
        why = f"holds a study of another version, whose rows are not of format {ROW_FORMAT}"
    raise InputError(
        f"{study.parent} {why}: give another folder, or the same options to go on with it",
        code="OTHER_STUDY",
    )


def _line(row: Row) -> list[Any]:
    return ["" if value is None else value for value in astuple(row)]


def _row(line: Mapping[str, str]) -> Row:
    whole, words = {"network", "draw"}, {"method", "cell", "network_hash"}
    later = {f.name for f in fields(Row) if f.default is None} - line.keys()
    values: dict[str, Any] = {
        name: line[name] if name in words else int(line[name]) if name in whole
        else None if name in MAY_LACK and not line[name] else float(line[name])
        for name in NAMES if name not in later
    }  # fmt: skip
    return Row(**values)
