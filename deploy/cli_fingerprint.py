"""`analoop fingerprint`: did the board change, or the code?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from . import console, console_record
from .cli_options import Json
from .cli_partial import among_failed, partial_kept


def fingerprint(
    board: Annotated[str, typer.Argument(metavar="BOARD", help="sim:seed=3, dynapse2:any, ...")],
    history: Annotated[Path, typer.Option(help="Folder with the fingerprints of your boards.")],
    trials: Annotated[int, typer.Option(help="How often the question is asked, 8 or more.")] = 10,
    new_reference: Annotated[
        bool,
        typer.Option("--new-reference", help="What this board answers now is right from now on."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say whether a board changed, or the code did; keep a control chart."""
    from .recordings.fingerprint import fingerprint as run_fingerprint

    date = datetime.now(UTC).isoformat(timespec="seconds")
    with partial_kept(lambda partial: among_failed(history, partial)):
        found = run_fingerprint(board, history, date, trials, new_reference)
    if as_json:
        console.print_json(asdict(found) | {"sentence": found.sentence})
    else:
        console_record.print_fingerprint(found)
    if found.point.board_changed or found.point.code_changed:
        raise typer.Exit(1)
