"""What there is of a run that is no result: another type than a recording, and another file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .archive import read_content, write_archive
from .recording import Recording

_FORMAT, _VERSION = "partial recording", 1


@dataclass(frozen=True)
class PartialRecording:
    """A run that was cut short, or whose books do not balance.

    Nothing that judges takes it. `content` has the trials that were begun; the last of them may
    lack its end.
    """

    content: Recording
    """What came."""
    cause: str
    """Why it is no result, in a sentence."""
    planned: int
    """Trials that were asked for."""

    def save(self, path: str | os.PathLike) -> Path:
        """Write a file of its own kind: `Recording.load` refuses it."""
        header, arrays = self.content.to_file()
        more = {"cause": self.cause, "planned": self.planned}
        return write_archive(path, _FORMAT, _VERSION, header | more, arrays)

    @staticmethod
    def load(path: str | os.PathLike) -> PartialRecording:
        """Read one. Raises FileError."""

        def build(header: dict, arrays: dict) -> PartialRecording:
            content = Recording.from_file(header, arrays)
            return PartialRecording(content, header["cause"], header["planned"])

        return read_content(path, _FORMAT, _VERSION, build)
