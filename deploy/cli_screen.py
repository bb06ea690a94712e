"""`analoop screen`: which CAM words of a board hear, written as a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..hw.snapshot import Snapshot
from ..models.archive import check_writable
from . import console, progress
from .cli_options import Json, Quiet


def screen(
    board: Annotated[str, typer.Argument(metavar="BOARD", help="sim:seed=3,defects=1, ...")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Snapshot file to write.")],
    trials: Annotated[int, typer.Option(help="How often every word is asked, 1..255.")] = 10,
    chips: Annotated[int, typer.Option(help="Chips to screen, 1..4.")] = 1,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find dead CAM words and stuck neurons of a board; write a snapshot for 'compile'."""
    from ..hw.board import open_board
    from ..hw.screening import screen as run_screening

    check_writable(out)
    date = datetime.now(UTC).isoformat(timespec="seconds")
    with open_board(board) as opened, progress.trials(quiet) as tell:
        snapshot = run_screening(opened, date, chips, trials, tell)
    path = snapshot.save(out)
    found = screening_record(snapshot) | {"file": str(path)}
    if as_json:
        console.print_json(found)
    else:
        console.print_screening(found)
        print(f"wrote {path}")


def screening_record(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot in numbers, as JSON values."""
    return {
        "snapshot": snapshot.hash,
        "board": dict(snapshot.board),
        "date": snapshot.date,
        "method": snapshot.method,
        "trials": int(snapshot.tried.max()),
        "cores": snapshot.cores(),
        "books": dict(snapshot.books),
    }
