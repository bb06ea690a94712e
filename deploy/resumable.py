"""Work that survives a kill: a folder for one piece of it, and tables that grow row by row."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from filelock import FileLock, Timeout

from ..models.archive import write_bytes
from ..models.errors import FileError, InputError

T = TypeVar("T")


class WorkFolder:
    """A folder with one piece of work, held by one process at a time until it is closed.

    `<name>.json` says what was asked for; the same work goes on in it, other work is refused.

    Raises:
        InputError: OTHER_<NAME>, the folder holds another; <NAME>_HELD by another process.
        FileError: FILE_NOT_WRITABLE.
    """

    def __init__(self, folder: Path, name: str, asked: Mapping[str, Any]):
        self.folder, self.asked = folder, dict(asked)
        text = json.dumps(self.asked, indent=2, sort_keys=True, allow_nan=False) + "\n"
        file = folder / f"{name}.json"
        try:
            _same(file, name, json.loads(text))
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / ".lock")
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                f"another process works on {folder}: wait for it, or give another folder",
                code=f"{name.upper()}_HELD",
            ) from error
        except OSError as error:
            raise FileError(
                f"cannot use {folder} ({error.strerror}): give a folder that you may write to",
                code="FILE_NOT_WRITABLE",
            ) from error
        write_bytes(file, text.encode())

    def close(self) -> None:
        """Let others have the folder."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _same(file: Path, name: str, asked: Mapping[str, Any]) -> None:
    """Refuse other work than this."""
    if not file.exists():
        return
    try:
        there = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        there = {}
    differ = sorted(k for k in {*there, *asked} if there.get(k) != asked.get(k))
    if differ:
        raise InputError(
            f"{file.parent} holds another {name}, they differ in {', '.join(differ)}: give another "
            f"folder, or what {file.name} says to go on with it",
            code=f"OTHER_{name.upper()}",
        )


class RowFile(Generic[T]):
    """A table of dataclasses in a CSV file; of a kill it loses the row being written, no other.

    Raises:
        FileError: FILE_NOT_WRITABLE.
    """

    def __init__(self, path: Path, kind: type[T], read: Callable[[Path], list[T]]):
        self.path, self._names, self._read = path, [f.name for f in fields(kind)], read  # pyright: ignore[reportArgumentType]
        self._mend()

    def rows(self) -> list[T]:
        """Every row that was finished."""
        return self._read(self.path)

    def append(self, row: T) -> None:
        """Add a row; it is on the disk when this returns."""
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(_line(row))
            file.flush()
            os.fsync(file.fileno())

    def keep(self, rows: Sequence[T]) -> None:
        """Write the table anew: these rows and no others."""
        self._write([_line(row) for row in rows])

    def _mend(self) -> None:
        """Write the table anew, without a last line that was cut by a kill."""
        whole = ""
        if self.path.exists():
            whole = self.path.read_bytes().rpartition(b"\n")[0].decode()
        lines = [line for line in csv.reader(io.StringIO(whole)) if len(line) == len(self._names)]
        self._write(lines[1:])

    def _write(self, lines: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([self._names, *lines])
        write_bytes(self.path, text.getvalue().encode())


def read_table(path: Path, build: Callable[[Mapping[str, str]], T], maker: str) -> list[T]:
    """The rows of a table as `RowFile` writes them.

    Args:
        build: a row from its cells by name; KeyError, ValueError or TypeError if they are none.
        maker: the verb that writes such tables.

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [build(line) for line in csv.DictReader(file)]
    except FileNotFoundError as error:
        raise FileError(f"{path}: no such file: check the folder", code="FILE_MISSING") from error
    except (KeyError, ValueError, TypeError) as error:
        raise FileError(
            f"{path} is no table that '{maker}' wrote ({error!r}): take one that it wrote",
            code="FILE_CORRUPT",
        ) from error


def _line(row: Any) -> list[Any]:
    return ["" if value is None else value for value in astuple(row)]
