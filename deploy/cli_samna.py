"""`analoop samna`: programs written for samna, on virtual boards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..models.errors import InputError

app = typer.Typer(help="Programs written for samna, on virtual boards.", no_args_is_help=True)


@app.callback()
def samna() -> None:
    """Programs written for samna, on virtual boards."""


@app.command(context_settings={"allow_interspersed_args": False})
def run(
    script: Annotated[Path, typer.Argument(metavar="SCRIPT", help="A Python program.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[ARGS]...")] = None,
    board: Annotated[
        list[str] | None,
        typer.Option(help="sim:nominal, sim:seed=3, ...; several: several boards."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Short for --board sim:seed=...")] = None,
    chips: Annotated[int, typer.Option(help="Chips of each board, 1..4.")] = 1,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Keep chip time and the host's clock together.")
    ] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=N", help="lost_markers=3, ...; docs/virtual_samna.md."),
    ] = None,
) -> None:
    """Run a script unmodified, with a virtual samna in place for this process only.

    Options of 'run' come before SCRIPT; all behind it is the script's own.
    """
    from ..hw.samna_faults import read_faults
    from .samna_scripts import run_script

    if board and seed is not None:
        raise InputError("give --board or --seed, not both", code="BOARD_TWICE")
    named = board or ["sim:nominal" if seed is None else f"sim:seed={seed}"]
    run_script(script, arguments or [], named, chips, realtime, read_faults(fault or []))
