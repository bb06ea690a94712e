"""The folder of a recording set: what was asked, copies of program and stimulus, and segments.

A segment is a recording, one per play. It is flushed to the disk and renamed, then the manifest is
written anew in the same way: a kill at any moment leaves every finished segment readable, and at
most one that the manifest does not have yet.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...models.archive import write_bytes
from ...models.errors import FileError, InputError
from ...models.partial_recording import PartialRecording
from ...models.recording import Recording, Stimulus
from ..program import Program
from ..resumable import WorkFolder
from .plan import Play

FORMAT, VERSION = "recording set", 1


@dataclass(frozen=True)
class Finished:
    """A line of the manifest: a play that is done."""

    play: int
    """Its number."""
    file: str
    """Its segment, from the folder."""
    board: str
    """The name the user gave."""
    repeat: int
    """Of this board."""
    recording: str
    """Hash of the recording."""


@dataclass(frozen=True)
class Failure:
    """A play that came to no result; it may have been played again since."""

    play: int
    """Its number."""
    file: str
    """What there is of it, a partial recording, from the folder."""
    board: str
    """The name the user gave."""
    repeat: int
    """Of this board."""
    cause: str
    """Why, in a sentence."""


def file_of(play: Play) -> str:
    """Where the segment of a play is, from the folder."""
    return f"segments/{play.number:06d}.npz"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of a set. Raises FileError: FILE_MISSING, FILE_CORRUPT, FILE_WRONG_VERSION."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        version = found["format"], found["version"]
    except FileNotFoundError as error:
        raise FileError(
            f"{path.parent} holds no recording set, {path.name} is missing: give the folder that "
            "'record' wrote",
            code="FILE_MISSING",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(
            f"{path} is corrupt ({error!r}): record again, into another folder",
            code="FILE_CORRUPT",
        ) from error
    if version != (FORMAT, VERSION):
        raise FileError(
            f"{path} is of {version[0]} version {version[1]}, this release reads {FORMAT} version "
            f"{VERSION}: record again with this release",
            code="FILE_WRONG_VERSION",
        )
    return found


def read_manifest(folder: Path) -> tuple[dict[int, Finished], tuple[Failure, ...]]:
    """Finished plays by number, and failures; nothing where no play was finished yet."""
    path = folder / "manifest.json"
    if not path.exists():
        return {}, ()
    found = read_json(path)
    try:
        done = [Finished(**row) for row in found["finished"]]
        failed = tuple(Failure(**row) for row in found["failed"])
    except (KeyError, TypeError) as error:
        raise FileError(
            f"{path} lacks or misstates a part ({error!r}): delete it, the segments say what they "
            "are, and run the same 'record' again",
            code="FILE_CORRUPT",
        ) from error
    return {row.play: row for row in done}, failed


class SetFiles(WorkFolder):
    """The folder of a set, held by one process at a time until it is closed.

    Raises:
        InputError: OTHER_SET, if the folder holds another set, or what is none; SET_HELD by
            another process.
        FileError: FILE_NOT_WRITABLE.
    """

    def __init__(
        self, folder: Path, asked: Mapping[str, Any], program: Program, stimulus: Stimulus
    ):
        _check_free(folder)
        super().__init__(folder, "set", {"format": FORMAT, "version": VERSION} | dict(asked))
        try:
            (folder / "segments").mkdir(exist_ok=True)
            _clean(folder)
            _keep_copy(folder / "program.npz", program)
            _keep_copy(folder / "stimulus.npz", stimulus)
            _flush(folder)
            self.finished, self.failed = read_manifest(folder)
        except BaseException:
            self.close()
            raise

    def finish(self, play: Play, recording: Recording) -> None:
        """Keep what a play brought home; it is on the disk when this returns."""
        recording.save(self.folder / file_of(play))
        _flush(self.folder / "segments")
        self.adopt(play, recording)

    def adopt(self, play: Play, recording: Recording) -> None:
        """Write a segment that is on the disk into the manifest."""
        row = Finished(play.number, file_of(play), play.board, play.repeat, recording.hash)
        self.finished[play.number] = row
        self._write()

    def fail(self, play: Play, partial: PartialRecording) -> None:
        """Keep what there is of a play that is no result; it stays if the play is done later."""
        attempt = 1 + sum(failure.play == play.number for failure in self.failed)
        file = f"segments/{play.number:06d}.partial-{attempt}.npz"
        partial.save(self.folder / file)
        _flush(self.folder / "segments")
        row = Failure(play.number, file, play.board, play.repeat, partial.cause)
        self.failed = (*self.failed, row)
        self._write()

    def _write(self) -> None:
        rows: dict[str, Sequence[Any]] = {
            "finished": [asdict(self.finished[k]) for k in sorted(self.finished)],
            "failed": [asdict(row) for row in self.failed],
        }
        text = _json({"format": FORMAT, "version": VERSION} | rows)
        write_bytes(self.folder / "manifest.json", text.encode())
        _flush(self.folder)


def _check_free(folder: Path) -> None:
    """Refuse a folder with files of something else: none of them is written over."""
    if not folder.is_dir() or (folder / "set.json").exists():
        return
    other = [p.name for p in folder.iterdir() if p.name != ".lock" and not _is_temporary(p)]
    if other:
        raise InputError(
            f"{folder} is no recording set and holds {', '.join(sorted(other)[:5])}: give another "
            "folder",
            code="OTHER_SET",
        )


def _keep_copy(path: Path, content: Program | Stimulus) -> None:
    """Write a copy unless it is there; one of something else is never written over."""
    if not path.exists():
        content.save(path)
    elif type(content).load(path).hash != content.hash:
        raise InputError(
            f"{path} holds something else than what is to be recorded: give another folder",
            code="OTHER_SET",
        )


def _clean(folder: Path) -> None:
    """Remove what a kill left half-written."""
    for place in (folder, folder / "segments"):
        for path in place.iterdir():
            if _is_temporary(path):
                path.unlink()


def _is_temporary(path: Path) -> bool:
    """Whether models/archive.py writes to it before it renames; a kill can leave one."""
    return re.fullmatch(r"\..+\.[0-9a-f]{32}", path.name) is not None


def _flush(folder: Path) -> None:
    """Bring renamed files of a folder to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n"
