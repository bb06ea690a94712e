"""Work that survives a kill: a folder for one piece of it, and tables that grow row by row."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from filelock import FileLock, Timeout

from ..models.archive import write_bytes
from ..models.errors import FileError, InputError

T = TypeVar("T")

_WORKS: dict[str, tuple[str, dict[str, str | None]]] = {
    "history": ("a history of 'fingerprint'", {"format": "fingerprint history"}),
    "set": ("a recording set of 'record'", {"format": "recording set"}),
    "study": ("a study of 'robustness'", {"task": None, "protocol": None}),
    "sweep": ("a sweep of 'validate'", dict.fromkeys(("program", "stimulus", "mismatch"))),
}
"""What verbs leave in folders, by the name of the JSON file that says what was asked, and what that
file has in it, so that a user's own set.json is none; None: with any value."""


class WorkFolder:
    """A folder with one piece of work, held by one process at a time until it is closed.

    `<name>.json` says what was asked for; the same work goes on in it, other work is refused, of
    this verb and of others. Files that are no work of a verb do not matter.

    Raises:
        InputError: OTHER_<NAME>, the folder holds other work; <NAME>_HELD by another process.
        FileError: FILE_NOT_WRITABLE; FILE_CORRUPT, what the file says cannot be read.
    """

    def __init__(self, folder: Path, name: str, asked: Mapping[str, Any]):
        self.folder, self.asked = folder, dict(asked)
        text = json.dumps(self.asked, indent=2, sort_keys=True, allow_nan=False) + "\n"
        try:
            if not (folder / f"{name}.json").exists():  # else its own, as of earlier releases
                check_free(folder, name)
            _same(folder / f"{name}.json", name, json.loads(text))
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
        try:
            write_bytes(folder / f"{name}.json", text.encode())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others have the folder."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def works_in(folder: Path) -> dict[str, str]:
    """The work that a folder holds, in words, by the names of `WorkFolder`; what says so and cannot
    be read counts."""
    found = {}
    for name, (words, has) in _WORKS.items():
        file = folder / f"{name}.json"
        if not file.exists():
            continue
        said = _said(file)
        if said is None or all(k in said and v in (None, said[k]) for k, v in has.items()):
            found[name] = words
    return found


def _said(file: Path) -> dict[str, Any] | None:
    """What a JSON file says, nothing if it is no object; None: it cannot be read."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else {}


def check_free(folder: Path, name: str) -> None:
    """Refuse a folder with work of a verb, for other work.

    Raises:
        InputError: OTHER_<NAME>.
    """
    if there := works_in(folder):
        raise InputError(
            f"{folder} holds {' and '.join(there.values())}, and a folder is for one piece of work "
            "of one verb: give another folder",
            code=f"OTHER_{name.upper()}",
        )


def _same(file: Path, name: str, asked: Mapping[str, Any]) -> None:
    """Refuse other work of the same verb than this. Raises InputError OTHER_<NAME>, FileError
    FILE_CORRUPT."""
    if not file.exists():
        return
    there = _said(file)
    if there is None:
        raise FileError(
            f"{file} cannot be read, so nobody knows what {file.parent} holds: give another folder",
            code="FILE_CORRUPT",
        )
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
        FileError: FILE_NOT_WRITABLE; FILE_CORRUPT, another table is there.
    """

    def __init__(self, path: Path, kind: type[T], read: Callable[[Path], list[T]]):
        self.path, self._names, self._read = path, [f.name for f in fields(kind)], read  # pyright: ignore[reportArgumentType]
        self._mend()

    def rows(self) -> list[T]:
        """Every row that was finished."""
        return self._read(self.path)

    def append(self, row: T) -> None:
        """Add a row; it is on the disk when this returns.

        Raises:
            FileError: FILE_NOT_WRITABLE, a full disk for example; the rows before it are kept.
        """
        line = io.StringIO()
        csv.writer(line).writerow(_line(row))
        try:
            _append(self.path, line.getvalue().encode())
        except OSError as error:
            kept = len(_lines(self.path)) - 1
            raise FileError(
                f"cannot write {self.path} ({error.strerror or error}), which keeps the {kept} "
                "rows finished before: make room on the disk and run the same command again, it "
                "goes on after them",
                code="FILE_NOT_WRITABLE",
            ) from error

    def keep(self, rows: Sequence[T]) -> None:
        """Write the table anew: these rows and no others."""
        self._write([_line(row) for row in rows])

    def _mend(self) -> None:
        """Write the table anew, without a last line that was cut by a kill."""
        header, *lines = (_lines(self.path) if self.path.exists() else []) or [self._names]
        if header != self._names:
            raise FileError(
                f"{self.path} is another table, with the columns {', '.join(header)}: give another "
                "folder",
                code="FILE_CORRUPT",
            )
        self._write([line for line in lines if len(line) == len(header)])

    def _write(self, lines: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([self._names, *lines])
        write_bytes(self.path, text.getvalue().encode())


def read_table(path: Path, build: Callable[[Mapping[str, str]], T], maker: str) -> list[T]:
    """The rows of a table as `RowFile` writes them; a last line without an end was cut, by a kill
    or a full disk, and is none.

    Args:
        build: a row from its cells by name; KeyError, ValueError or TypeError if they are none.
        maker: the verb that writes such tables.

    Raises:
        FileError: FILE_MISSING, FILE_CORRUPT.
    """
    header, *lines = _lines(path) or [[]]
    found = []
    for number, line in enumerate(lines, 2):
        try:
            found.append(build(dict(zip(header, line, strict=True))))
        except (KeyError, ValueError, TypeError) as error:
            raise FileError(
                f"{path}, line {number}, is nothing that '{maker}' wrote ({error!r}): take the "
                "line out, or take a table that it wrote",
                code="FILE_CORRUPT",
            ) from error
    return found


def _lines(path: Path) -> list[list[str]]:
    """The cells of every finished line, that of the header too. Raises as `read_table`."""
    try:
        whole = path.read_bytes().rpartition(b"\n")[0].decode()
        return [line for line in csv.reader(io.StringIO(whole)) if line]
    except FileNotFoundError as error:
        raise FileError(f"{path}: no such file: check the folder", code="FILE_MISSING") from error
    except (OSError, ValueError, csv.Error) as error:
        raise FileError(
            f"{path} is no table ({error}): take another, or give another folder",
            code="FILE_CORRUPT",
        ) from error


def _append(path: Path, content: bytes) -> None:
    """Bring bytes to the end of a file and to the disk, or leave it as it was."""
    size = path.stat().st_size
    try:
        with path.open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            os.truncate(path, size)
        raise


def _line(row: Any) -> list[Any]:
    return ["" if value is None else value for value in astuple(row)]
