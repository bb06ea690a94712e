"""`analoop explain`: which step from the float model to this board breaks the network?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..models.archive import check_writable
from ..models.errors import FileError, InputError
from . import console, console_explain, progress
from .cli_options import Json, Quiet
from .cli_run import stimulus_for

if TYPE_CHECKING:
    from ..models.network import Network
    from ..models.recording import Recording, Stimulus
    from .program import Program


def explain(
    program: Annotated[
        Path,
        typer.Argument(
            metavar="PROGRAM",
            help="Made by 'compile'; or a network, which is fitted to the chip and compiled here.",
        ),
    ],
    board: Annotated[
        str | None, typer.Option(help="sim:seed=3,defects=1,noise=1, ..., dynapse2:SERIAL")
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="The network the program was compiled from.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--input", help="Stimulus with targets, or a task; else the program's task."),
    ] = None,
    recording: Annotated[
        Path | None, typer.Option(help="What the board did; else it plays the stimulus now.")
    ] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="Of a real board, made by 'screen': its defects.")
    ] = None,
    twin: Annotated[
        str | None, typer.Option(help="A virtual board that stands for a real one, sim:...")
    ] = None,
    board_chips: Annotated[
        int | None, typer.Option(help="Chips of the board that a network is fitted to, 1..4.")
    ] = None,
    compiled: Annotated[
        Path | None, typer.Option(help="Where to write the program compiled from a network.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="JSON report to write.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Walk down from the float model to a board; name the step that breaks the network."""
    from ..models.recording import Recording
    from .demonstration import write_json
    from .ladder.explanation import Settings
    from .ladder.explanation import explain as run_explain

    for path in (out, compiled):
        if path is not None:
            check_writable(path)
    loaded, given = _loaded(program, network, board_chips, compiled)
    stimulus = stimulus_for(loaded, source, given)
    played = None if recording is None else Recording.load(recording)
    subject = _subject(loaded, stimulus, board, played, (twin, snapshot))
    with progress.study(quiet) as tell:
        ladder = run_explain(loaded, stimulus, subject, given, Settings(tell=tell))
    if out is not None:
        write_json(out, ladder.record())
    if as_json:
        console.print_json(ladder.record())
    else:
        console_explain.print_ladder(ladder)
        for path in (compiled, out):
            if path is not None:
                print(f"wrote {path}")


def _loaded(
    path: Path, network: Path | None, n_chips: int | None, compiled: Path | None
) -> tuple[Program, Network | None]:
    """The program and its network; if the file is a network, the program is compiled here."""
    from .chip_students import load_network
    from .compilation import compile
    from .ladder.fitting import fit
    from .program import Program

    try:
        program = Program.load(path)
    except FileError as error:
        if error.code != "FILE_WRONG_KIND":
            raise
        given = load_network(path)
        program = compile(fit(given, n_chips=n_chips), n_chips=n_chips)
        if compiled is not None:
            program.save(compiled)
        return program, given
    if compiled is not None or n_chips is not None:
        raise InputError(
            f"{path} is compiled already: leave out --compiled and --board-chips, or give the "
            "network instead",
            code="COMPILED",
        )
    return program, None if network is None else load_network(network)


def _subject(
    program: Program,
    stimulus: Stimulus,
    board: str | None,
    recording: Recording | None,
    known: tuple[str | None, Path | None],
):
    """The board in question; a real one without a recording plays the stimulus now."""
    from ..hw.board import open_board, simulated
    from .execution import run
    from .ladder.subjects import subject_of

    chip = program.configuration.chip
    if recording is None and board is not None and simulated(board) is None:
        with open_board(board, chip) as opened:
            recording = run(program, opened, stimulus)
    return subject_of(board, recording, *known, chip)
