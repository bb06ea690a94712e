"""`analoop compare`: recordings of several boards held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..models.archive import check_writable
from ..models.errors import InputError
from . import console, console_compare, progress
from .cli_options import CorpusFolder, Json, NoiseFolder, Quiet
from .cli_run import stimulus_for

if TYPE_CHECKING:
    from ..models.recording import Recording, Stimulus
    from .program import Program
    from .sequence_tasks import Folders


def compare(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Folders of 'record', or recordings.")
    ],
    program: Annotated[
        Path | None, typer.Option(help="The program; needed if there is no folder.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--input", help="The stimulus file or task; needed if there is no folder."),
    ] = None,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    floor: Annotated[
        float, typer.Option(help="Least margin within which boards are equivalent, .05 is 5 %.")
    ] = 0.05,
    distances: Annotated[
        int, typer.Option(min=0, help="Most spike trains to compare by PySpike; 0: none.")
    ] = 12_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the samples of trials.")] = 0,
    gate: Annotated[
        bool,
        typer.Option("--gate", help="Exit code 1 if boards differ, 5 unless all are equivalent."),
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="JSON report to write.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which boards, cores and neurons differ on the same program and stimulus."""
    from .comparison.comparison import Criteria
    from .comparison.comparison import compare as run_compare
    from .comparison.contrasts import Margins
    from .comparison.outcome import EXIT_CODES
    from .demonstration import write_json
    from .sequence_tasks import Folders

    if out is not None:
        check_writable(out)
    criteria = Criteria(Margins(floor), distances=distances, seed=seed)
    loaded, stimulus, recordings, boards = gathered(sources, program, source, Folders(data, noise))
    with progress.rows(quiet) as (say, _):
        say(f"comparing {len(recordings)} recordings")
        found = run_compare(loaded, stimulus, recordings, boards, criteria)
    if out is not None:
        write_json(out, found.record())
    if as_json:
        console.print_json(found.record())
    else:
        console_compare.print_comparison(found)
        if out is not None:
            print(f"wrote {out}")
    if gate:
        raise typer.Exit(EXIT_CODES[found.outcome])


def gathered(
    sources: Sequence[Path],
    program: Path | None,
    source: str | None,
    folders: Folders | None = None,
) -> tuple[Program, Stimulus, list[Recording], list[str]]:
    """Program, stimulus, recordings, and what boards were called in 'record', one name per
    silicon; no names where only single recordings are given.

    Raises:
        InputError: NO_PROGRAM, NO_INPUT, UNFINISHED_SET; FileError.
    """
    from ..models.recording import Recording
    from .comparison.alignment import named_by_silicon
    from .program import Program
    from .recordings.recording_set import load_finished
    from .sequence_tasks import NO_FOLDERS, refuse_folders

    sets = {path: load_finished(path) for path in sources if path.is_dir()}
    if not sets and program is None:
        raise InputError("which program? give --program FILE", code="NO_PROGRAM")
    loaded = next(iter(sets.values())).program if program is None else Program.load(program)
    if sets and source is None:
        refuse_folders("a folder of 'record'", folders or NO_FOLDERS)
        stimulus = next(iter(sets.values())).stimulus
    else:
        stimulus = stimulus_for(loaded, source, folders=folders)
    recordings, boards = [], []
    for path in sources:
        if path in sets:
            recordings += [take.recording for take in sets[path].takes]
            boards += [take.board for take in sets[path].takes]
        else:
            recordings.append(Recording.load(path))
            boards.append(str(recordings[-1].board.get("name")))
    named = named_by_silicon(recordings, boards) if sets else []
    return loaded, stimulus, recordings, named
