"""Options and arguments that several verbs of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
ProgramFile = Annotated[Path, typer.Argument(metavar="PROGRAM", help="Made by 'compile'.")]
CorpusFolder = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FOLDER", help="hey-snips: the folder of the corpus; other tasks: none."
    ),
]
NoiseFolder = Annotated[
    Path | None,
    typer.Option(
        "--noise",
        metavar="FOLDER",
        help="hey-snips: wave files of noise (DEMAND, 16 kHz), mixed in at 10 dB; else none is.",
    ),
]
