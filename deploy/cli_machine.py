"""`analoop boards` and `analoop doctor`: what this machine has, without the vendor's driver."""

from __future__ import annotations

from dataclasses import asdict

import typer

from . import console
from .cli_options import Json


def boards(as_json: Json = False) -> None:
    """List real and virtual boards, and who holds them; opens none."""
    from .boards import list_boards
    from .console_boards import print_boards

    rows = list_boards()
    if as_json:
        console.print_json([asdict(row) for row in rows])
    else:
        print_boards(rows)


def doctor(as_json: Json = False) -> None:
    """Check the installation; never imports the vendor's driver."""
    from .diagnosis import doctor as run_doctor

    findings = run_doctor()
    if as_json:
        console.print_json([vars(f) for f in findings])
    else:
        console.print_findings(findings)
    if any(f.status == "broken" for f in findings):
        raise typer.Exit(1)
