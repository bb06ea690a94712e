"""`analoop record`: many boards play a stimulus many times; `analoop export`: for other tools."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..models.archive import check_writable
from ..models.errors import AnaloopError, HardwareError, IncompleteError
from . import console, console_record, progress
from .cli_bench import BenchFile, Recover
from .cli_options import CorpusFolder, Json, NoiseFolder, ProgramFile, Quiet
from .cli_run import stimulus_for


class Format(StrEnum):
    """What `export` writes."""

    PARQUET = "parquet"
    """A table with a row per spike."""
    NWB = "nwb"
    """Neurodata Without Borders."""
    NIR = "nir"
    """NIRData, of the Neuromorphic Intermediate Representation."""


def record(
    program: ProgramFile,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the recording set.")],
    board: Annotated[
        list[str] | None, typer.Option(help="One board; give it again for each.")
    ] = None,
    boards: Annotated[
        str | None, typer.Option(help="Several boards: sim:seed=1,noise=1,sim:seed=2,noise=1")
    ] = None,
    trials: Annotated[int, typer.Option(help="How often each plays the whole stimulus.")] = 1,
    source: Annotated[
        str | None,
        typer.Option("--input", help="Stimulus file, CSV or task name; else the program's task."),
    ] = None,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    seed: Annotated[int, typer.Option(help="Of the order in which the boards play.")] = 0,
    bench: BenchFile = None,
    recover: Recover = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play a stimulus on several boards in turn, into a folder; resumable."""
    from .bench_session import open_session
    from .program import Program
    from .recordings.plan import Plan, named_boards
    from .recordings.recording_set import UnfinishedSet
    from .recordings.session import record as run_session
    from .sequence_tasks import Folders

    plan = Plan(named_boards(board or [], boards), trials, seed)
    loaded = Program.load(program)
    stimulus = stimulus_for(loaded, source, folders=Folders(data, noise))
    failed: list[AnaloopError] = []
    with progress.study(quiet) as tell, open_session(bench, recover) as session:
        found = run_session(loaded, plan, stimulus, out, tell, session, failed.append)
    if as_json:
        console.print_json(console_record.set_record(found) | {"folder": str(out)})
    else:
        console_record.print_set(found, out)
    if isinstance(found, UnfinishedSet):
        print(f"unfinished: {found.cause}; run it again to go on", file=sys.stderr)
        raise typer.Exit((HardwareError if failed else IncompleteError).exit_code)


def export(
    source: Annotated[
        Path, typer.Argument(metavar="RECORDING", help="A recording, or the folder of a set.")
    ],
    to: Annotated[Format, typer.Option(help="Which format; docs/recordings.md says what for.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write.")],
    as_json: Json = False,
) -> None:
    """Write a recording, or a finished set, for other tools."""
    from .recordings.export import export as run_export

    check_writable(out)
    made = run_export(source, to.value, out)
    if as_json:
        console.print_json(made)
    else:
        console_record.print_export(made)
