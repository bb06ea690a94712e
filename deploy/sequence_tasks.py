"""The tasks of analog sequences by their names on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..models.errors import InputError, named
from ..models.tasks import hey_snips, synth_snips, temporal_xor
from ..models.tasks.samples import SequenceTask
from .learning import generator_for

Tell = Callable[[str], None]
"""Called with a line of news, where samples take minutes to make."""

SEQUENCE_TASKS: dict[str, Callable[[Tell], SequenceTask]] = {
    temporal_xor.NAME: lambda tell: temporal_xor.temporal_xor(),
    temporal_xor.APART: lambda tell: temporal_xor.temporal_xor(reversed_gaps=False),
    synth_snips.NAME: lambda tell: synth_snips.synth_snips(tell=tell),
}
"""Those that make their samples."""
RECORDED_TASKS: dict[str, Callable[[Path, Path | None], SequenceTask]] = {
    hey_snips.NAME: lambda data, noise: hey_snips.hey_snips(
        data, generator_for(0, hey_snips.NAME, "recordings"), noise
    ),
}
"""The same of recordings in a folder, and of noise in another one. Networks of all seeds learn from
the same tenth of the training list of Hey Snips."""
SEQUENCE_NAMES = (*SEQUENCE_TASKS, *RECORDED_TASKS)
"""Of all tasks of sequences."""


@dataclass(frozen=True)
class Folders:
    """What tasks of `RECORDED_TASKS` are made of."""

    data: Path | None = None
    """Of the recordings."""
    noise: Path | None = None
    """Of wave files with background noise, which is mixed in; None: none is."""


NO_FOLDERS = Folders()
"""For all other tasks."""


def sequence_task(
    name: str, folders: Folders = NO_FOLDERS, tell: Tell = lambda line: None
) -> SequenceTask:
    """The task of that name.

    Args:
        folders: for those of `RECORDED_TASKS`.
        tell: called before a part is made that is kept then.

    Raises:
        InputError: UNKNOWN_TASK; DATA_MISSING, no folder, or one without the recordings or without
            noise; DATA_UNUSED, a folder for a task that takes none.
        FileError: FILE_MISSING, FILE_CORRUPT: a list of recordings.
    """
    named(dict.fromkeys(SEQUENCE_NAMES), "task of sequences", name, "UNKNOWN_TASK")
    if name in RECORDED_TASKS:
        if folders.data is None:
            raise InputError(
                f"the task {name} needs its recordings and no folder is given: give that of the "
                f"corpus by --data FOLDER (docs/learning.md), or take the task {synth_snips.NAME}, "
                "which needs none",
                code="DATA_MISSING",
            )
        return RECORDED_TASKS[name](folders.data, folders.noise)
    refuse_folders(f"the task {name}", folders)
    return SEQUENCE_TASKS[name](tell)


def refuse_folders(what: str, folders: Folders) -> None:
    """Raises InputError, DATA_UNUSED, if there is a folder for something that takes none."""
    options = {"--data": folders.data, "--noise": folders.noise}
    given = {option: folder for option, folder in options.items() if folder is not None}
    if given:
        raise InputError(
            f"{what} takes no recordings, and {' and '.join(map(str, given.values()))} is given: "
            f"leave out {' and '.join(given)}, or take one of {', '.join(RECORDED_TASKS)}",
            code="DATA_UNUSED",
        )
