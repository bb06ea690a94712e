"""What a run left that is no result: every verb keeps it in the same way and says so on stderr."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.errors import FileError, IncompleteError

if TYPE_CHECKING:
    from ..models.partial_recording import PartialRecording

Place = Callable[["PartialRecording"], Path | None]
"""Where a partial recording goes, made with its folder; None: nowhere, none was given."""


@contextmanager
def partial_kept(place: Place) -> Iterator[None]:
    """Keeps what a run inside left that was cut short, or whose books do not balance.

    The error goes on as it is, whatever becomes of the file: that the board failed matters more.
    """
    try:
        yield
    except IncompleteError as error:
        if error.partial is not None:
            file = place(error.partial)
            if file is None:
                print("what came is not kept: --out keeps it", file=sys.stderr)
            else:
                with trouble_told():
                    save_partial(error.partial, file)
        raise


@contextmanager
def trouble_told() -> Iterator[None]:
    """Says why something could not be kept, where another error is on its way already."""
    try:
        yield
    except (FileError, OSError) as error:
        print(f"what came could not be kept: {error}", file=sys.stderr)


def save_partial(partial: PartialRecording, file: Path) -> None:
    """Keep what there is of a run that is no result, and say where.

    Raises:
        FileError: FILE_NOT_WRITABLE.
    """
    with suppress(OSError):  # the file says what is wrong
        file.parent.mkdir(parents=True, exist_ok=True)
    kept = partial.save(file)
    print(f"kept what came in {kept}, as a partial recording", file=sys.stderr)


def among_failed(folder: Path, partial: PartialRecording) -> Path:
    """A new file in `failed/` of a folder, named after the board."""
    name = re.sub(r"[^\w=.-]+", "_", str(partial.content.board["name"]))
    return first_free(lambda number: folder / "failed" / f"{name}.{number}.npz")


def first_free(numbered: Callable[[int], Path]) -> Path:
    """The first of these paths, counted from 1, where nothing is yet: no measurement is written
    over."""
    return next(path for path in map(numbered, count(1)) if not path.exists())
