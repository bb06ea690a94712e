"""Where a training stands, on disk, so that one that was killed goes on from there.

A bookmark holds arrays and the state of the random numbers, so what is trained on from it is the
same, to the last bit, as without a pause. It is written every so many seconds, at places where a
training can go on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from .archive import read_archive, write_archive
from .errors import FileError, InputError

FORMAT, VERSION = "bookmark", 1
EVERY_S = 20.0
"""Least time between two writings [s]."""
Arrays = Mapping[str, Any]
"""Arrays and numbers by name."""


class Bookmark:
    """A file beside what is trained; nothing is read or written without a path.

    Args:
        path: the file; None: no bookmark is kept.
        of: what is trained, as JSON values: a bookmark of something else is refused.
        every_s: least time between two writings [s].
    """

    def __init__(
        self,
        path: Path | None = None,
        of: Mapping[str, Any] | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._path, self._of = path, json.loads(json.dumps(of or {}))
        self._every_s, self._written_s = every_s, time.monotonic()

    def complaint(self) -> str:
        """Why what is there cannot be gone on from; empty: it can, or there is nothing."""
        if self._path is None or not self._path.exists():
            return ""
        try:
            there = read_archive(self._path, FORMAT, VERSION)[0]["of"]
        except (FileError, KeyError) as error:
            return f"{self._path} does not say where a training stands ({error})"
        names = sorted(n for n in {*there, *self._of} if there.get(n) != self._of.get(n))
        if not names:
            return ""
        return f"{self._path} is where another training stands, of other {', '.join(names)}"

    def read(self, generator: Generator | None) -> dict[str, np.ndarray]:
        """The arrays kept last, numbers as arrays of one; empty: there are none. The generator is
        set to where it was then.

        Raises:
            InputError: as `refuse_others`.
        """
        refuse_others([self])
        if self._path is None or not self._path.exists():
            return {}
        header, arrays = read_archive(self._path, FORMAT, VERSION)
        if generator is not None:
            generator.bit_generator.state = header["generator"]
        return arrays

    def keep(self, arrays: Arrays, generator: Generator | None) -> None:
        """Write them and where the generator is, if it is time.

        Raises:
            FileError: FILE_NOT_WRITABLE.
        """
        if self._path is None or time.monotonic() - self._written_s < self._every_s:
            return
        state = generator.bit_generator.state if generator is not None else None
        kept = {name: np.asarray(array) for name, array in arrays.items()}
        write_archive(self._path, FORMAT, VERSION, {"of": self._of, "generator": state}, kept)
        self._written_s = time.monotonic()

    def remove(self) -> None:
        """Delete the file, and what a kill in the midst of writing left of it."""
        if self._path is not None:
            for file in (self._path, *self._path.parent.glob(f".{self._path.name}.*")):
                file.unlink(missing_ok=True)


NO_BOOKMARK = Bookmark()
"""Keeps nothing."""


def refuse_others(bookmarks: Sequence[Bookmark]) -> None:
    """Refuse to begin where another training stands, before hours of work.

    Raises:
        InputError: OTHER_TRAINING.
    """
    if complaints := [c for c in (bookmark.complaint() for bookmark in bookmarks) if c]:
        raise InputError(
            f"{'; '.join(complaints)}: ask for that training to go on with it, or delete what is "
            "there and begin anew",
            code="OTHER_TRAINING",
        )


def beside(path: Path) -> Path:
    """Where the bookmark is of what becomes that file."""
    return path.with_name(path.name + ".part")
