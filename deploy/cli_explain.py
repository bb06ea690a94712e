"""`analoop explain`: which step from the float model to this board breaks the network?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..models.archive import check_writable
from ..models.errors import FileError, InputError
from . import console, console_explain, progress
from .cli_options import CorpusFolder, Json, NoiseFolder, Quiet
from .cli_partial import first_free, partial_kept
from .cli_run import stimulus_for

if TYPE_CHECKING:
    from ..models.network import Network
    from ..models.recording import Recording, Stimulus
    from .ladder.steps import Subject
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
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    recording: Annotated[
        Path | None,
        typer.Option(help="What the board did; else it plays the stimulus now, see --out."),
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
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="JSON report to write; what a real board played goes into OUT.recording.npz.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Walk down from the float model to a board; name the step that breaks the network."""
    from ..hw.board import simulated
    from ..models.recording import Recording
    from .demonstration import write_json
    from .ladder.explanation import Settings
    from .ladder.explanation import explain as run_explain
    from .sequence_tasks import Folders

    for path in (out, compiled):
        if path is not None:
            check_writable(path)
    loaded, given = _loaded(program, network, board_chips, compiled)
    stimulus = stimulus_for(loaded, source, given, Folders(data, noise))
    played = None if recording is None else Recording.load(recording)
    asked = Asked(loaded, stimulus, given, twin, snapshot)
    written = [compiled, out]
    if board is not None and played is None and simulated(board) is None:
        kept = None if out is None else out.with_name(f"{out.stem}.recording.npz")
        played = _measured(asked, board, kept, quiet)
        board, written = None, [compiled, kept, out]
    subject = asked.subject(board, played)
    with progress.study(quiet) as tell:
        ladder = run_explain(loaded, stimulus, subject, given, Settings(tell=tell))
    if out is not None:
        write_json(out, ladder.record())
    if as_json:
        console.print_json(ladder.record())
    else:
        console_explain.print_ladder(ladder)
        for path in written:
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


@dataclass(frozen=True)
class Asked:
    """What is explained, and what is known of the board."""

    program: Program
    """What the board is programmed with."""
    stimulus: Stimulus
    """What it is played."""
    network: Network | None
    """What the program was compiled from."""
    twin: str | None
    """Name of a virtual board that stands for a real one."""
    snapshot: Path | None
    """Screening of a real board."""

    def subject(self, board: str | None, recording: Recording | None) -> Subject:
        """The board in question. Raises as `subject_of`."""
        from .ladder.subjects import subject_of

        chip = self.program.configuration.chip
        return subject_of(board, recording, self.twin, self.snapshot, chip)

    def check(self, board: str) -> None:
        """All that can be known before the real board of this name plays. Raises as `explain`."""
        from .ladder.explanation import check_ahead
        from .ladder.subjects import stand_in

        known = stand_in(board, self.twin, self.snapshot, self.program.configuration.chip)
        check_ahead(self.program, self.stimulus, known, self.network)


def _measured(asked: Asked, board: str, kept: Path | None, quiet: bool) -> Recording:
    """What a real board does, played now, when all else is known to be right; written at once."""
    from ..hw.board import open_board
    from .execution import run

    if kept is not None:
        check_writable(kept)
    elif not quiet:
        print("what the board does is not kept: --out keeps it", file=sys.stderr)
    with open_board(board, asked.program.configuration.chip) as opened:
        asked.check(opened.identity.name)
        with partial_kept(lambda partial: None if kept is None else _failed(kept)):
            recording = run(asked.program, opened, asked.stimulus)
    if kept is not None:
        recording.save(kept)
    return recording


def _failed(kept: Path) -> Path:
    """Beside a recording of an earlier ladder, which stays."""
    return first_free(lambda number: kept.with_name(f"{kept.stem}.failed-{number}.npz"))
