"""Where a training stands, on disk, so that one that was killed goes on from there.

A bookmark holds arrays and the state of the random numbers, so what is trained on from it is the
same, to the last bit, as without a pause. It is written every so many seconds, at places where a
training can go on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from .archive import read_archive, write_archive
from .errors import InputError

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
        generator: the random numbers of the training.
        every_s: least time between two writings [s].
    """

    def __init__(
        self,
        path: Path | None = None,
        of: Mapping[str, Any] | None = None,
        generator: Generator | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        self._path, self._of, self._generator = path, json.loads(json.dumps(of or {})), generator
        self._every_s, self._written_s = every_s, time.monotonic()

    def read(self) -> dict[str, np.ndarray]:
        """The arrays kept last, numbers as arrays of one; empty: there are none. The generator is
        set to where it was then.

        Raises:
            InputError: OTHER_TRAINING.
            FileError: FILE_CORRUPT, FILE_WRONG_KIND, FILE_WRONG_VERSION.
        """
        if self._path is None or not self._path.exists():
            return {}
        header, arrays = read_archive(self._path, FORMAT, VERSION)
        if header["of"] != self._of:
            there = header["of"]
            names = sorted(n for n in {*there, *self._of} if there.get(n) != self._of.get(n))
            raise InputError(
                f"{self._path} is where another training stopped, of other {', '.join(names)}: "
                "ask for that one, or delete the file and begin anew",
                code="OTHER_TRAINING",
            )
        if self._generator is not None:
            self._generator.bit_generator.state = header["generator"]
        return arrays

    def keep(self, arrays: Arrays) -> None:
        """Write them, if it is time."""
        now = time.monotonic()
        if self._path is None or now - self._written_s < self._every_s:
            return
        state = self._generator.bit_generator.state if self._generator is not None else None
        header = {"of": self._of, "generator": state}
        kept = {name: np.asarray(array) for name, array in arrays.items()}
        write_archive(self._path, FORMAT, VERSION, header, kept)
        self._written_s = time.monotonic()


NO_BOOKMARK = Bookmark()
"""Keeps nothing."""


def beside(path: Path, part: str = "") -> Path:
    """Where the bookmark is of what becomes a file, or of a part of the work for it."""
    return path.with_name(f"{path.name}{part and '.'}{part}.part")
