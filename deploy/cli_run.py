"""`analoop run`: verify a board if asked to, play a stimulus, write the recording."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ..models.archive import check_writable
from ..models.errors import InputError
from . import console, console_bench, progress
from .cli_bench import BenchFile, Recover
from .cli_options import CorpusFolder, Json, NoiseFolder, ProgramFile, Quiet
from .cli_partial import partial_kept, save_partial

if TYPE_CHECKING:
    from ..hw.board import Board
    from ..models.network import Network
    from ..models.partial_recording import PartialRecording
    from ..models.recording import Recording, Stimulus
    from .bench_session import BenchSession
    from .program import Program
    from .sequence_tasks import Folders


class Verification(StrEnum):
    """How a board is verified."""

    NONE = "none"
    """Not at all."""
    ANSWER = "answer"
    """By the program's known answer."""
    FULL = "full"
    """By it, unless it is silence, and word by word."""


def run(
    program: ProgramFile,
    board: Annotated[
        str, typer.Option(help="sim:nominal, sim:seed=3, ..., dynapse2:SERIAL, dynapse2:any")
    ] = "sim:nominal",
    source: Annotated[
        str | None,
        typer.Option("--input", help="Stimulus file, CSV (time_us,channel[,trial]) or task name."),
    ] = None,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Recording file to write.")
    ] = None,
    check: Annotated[
        Verification | None,
        typer.Option(
            "--verify",
            metavar="[=none|answer|full]",
            help="Ask the known question first; with =full, also probe every word of the program. "
            "Boards behind a driver are asked unless =none.",
        ),
    ] = None,
    bench: BenchFile = None,
    recover: Recover = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Play a stimulus on a board and write the recording."""
    from .bench_session import open_session
    from .program import Program
    from .sequence_tasks import Folders, refuse_folders

    loaded, folders = Program.load(program), Folders(data, noise)
    if out is not None:
        check_writable(out)
    if source is None and check in (None, Verification.NONE):
        raise InputError("nothing to do: give --input, or --verify", code="NO_INPUT")
    if source is None:
        refuse_folders("what no --input is played to", folders)
    stimulus = None if source is None else stimulus_for(loaded, source, folders=folders)
    with open_session(bench, recover, keep=_keep(out), tell=progress.lines(quiet)) as session:
        asked = Asked(loaded, board, stimulus, check)
        with partial_kept(lambda partial: out):
            result, recording = _played(asked, session, as_json, quiet)
    sound = all(found["passed"] for found in result.values())
    if recording is not None:
        result["recording"] = console.recording_record(recording, loaded)
        if out is not None:
            result["file"] = str(recording.save(out))
        if not as_json:
            console.print_recording(recording, loaded, out)
            console_bench.print_stamps({board: recording.provenance.get("bench")})
    if as_json:
        console.print_json(result)
    if not sound:
        if source is not None and not as_json:
            print("nothing was run; --verify=none runs without asking", file=sys.stderr)
        raise typer.Exit(1)


class Asked(NamedTuple):
    """What `run` was asked for."""

    program: Program
    """What the board is programmed with."""
    board: str
    """Its name."""
    stimulus: Stimulus | None
    """What it is played; None: it is only verified."""
    check: Verification | None
    """How it is verified; None: as is usual for it."""


def _played(
    asked: Asked, session: BenchSession, as_json: bool, quiet: bool
) -> tuple[dict[str, Any], Recording | None]:
    """Verify and play; from the beginning again, if the board fails and is brought back."""
    from ..hw.board import open_board
    from .bench_session import with_incidents
    from .execution import run as run_stimulus

    program, board, stimulus, check = asked

    def play(opened: Board, stimulus: Stimulus) -> Recording:
        return session.watched(opened, lambda board: run_stimulus(program, board, stimulus))

    def once() -> tuple[dict[str, Any], Recording | None]:
        with open_board(board, program.configuration.chip) as opened:
            found = _verified(program, opened, check or _usual(opened), as_json, quiet)
            if stimulus is None or not all(one["passed"] for one in found.values()):
                return found, None
            return found, play(opened, stimulus)

    (found, recording), incidents = session.recovered(once)
    return found, None if recording is None else with_incidents(recording, incidents)


def _keep(out: Path | None) -> Callable[[PartialRecording, int], None]:
    """Keeps what came before the board failed and was brought back, beside the recording."""

    def keep(partial: PartialRecording, number: int) -> None:
        if out is not None:
            save_partial(partial, out.with_name(f"{out.stem}.failed{number}{out.suffix}"))

    return keep


def _usual(board: Board) -> Verification:
    """What is right if nothing was said: a board behind a driver cannot be read back."""
    return Verification.ANSWER if "driver" in board.identity.record() else Verification.NONE


def _verified(
    program: Program, board: Board, check: Verification, as_json: bool, quiet: bool
) -> dict[str, dict[str, Any]]:
    """What a board was asked before it runs, and whether it passed: 'verify' and 'probe'."""
    from .execution import verify
    from .probing import probe

    if check is Verification.NONE:
        return {}
    result: dict[str, dict[str, Any]] = {}
    if check is Verification.ANSWER or len(program.known_answer.neuron):
        result["verify"] = verify(program, board)
        if not as_json:
            console.print_verify(result["verify"])
    elif not as_json:
        print("the known answer is silence and proves nothing: the probe alone has to")
    if check is Verification.FULL:
        with progress.rows(quiet) as (say, _):
            report = probe(program, board, say)
        result["probe"] = report.record()
        if not as_json:
            console.print_probe(report)
    return result


def read_stimulus(
    source: str,
    n_channels: int,
    made: Mapping[str, Any] | None = None,
    folders: Folders | None = None,
):
    """The stimulus of a file or a task, for a network of this provenance; recordings of a task are
    in folders. Raises FileError, InputError."""
    from ..models.recording import Stimulus
    from .sequence_tasks import NO_FOLDERS, SEQUENCE_NAMES, refuse_folders
    from .training import TASKS, load_task

    folders = folders or NO_FOLDERS
    if source in SEQUENCE_NAMES:
        from .chip_students import task_stimulus

        return task_stimulus(source, made or {}, folders, progress.lines(quiet=False))
    refuse_folders(source, folders)
    if source in TASKS:
        return load_task(source).test
    if source.endswith(".csv"):
        return Stimulus.read_csv(source, n_channels)
    return Stimulus.load(source)


def stimulus_for(
    program: Program,
    source: str | None,
    network: Network | None = None,
    folders: Folders | None = None,
):
    """The stimulus asked for, or the task the program's network, or this one, was trained on; see
    `read_stimulus`.

    Raises:
        InputError: NO_INPUT, if neither is known. FileError.
    """
    own = program.provenance.get("network", {})
    made = {**({} if network is None else network.provenance), **own}
    return asked_stimulus(source, program.n_inputs, made, folders)


def asked_stimulus(
    source: str | None, n_channels: int, made: Mapping[str, Any], folders: Folders | None = None
):
    """As `read_stimulus`, without a source the task that a network of this provenance learned; for
    a converted one with its bias channel (models/conversion/bias_channel.py).

    Raises:
        InputError: NO_INPUT, if neither is known. FileError.
    """
    chosen = source or made.get("task")
    if not chosen:
        raise InputError("which stimulus? give --input FILE or a task name", code="NO_INPUT")
    found = read_stimulus(chosen, n_channels, made, folders)
    period_us = made.get("bias_period_us")
    return _with_clock(found, n_channels, period_us) if period_us else found


def _with_clock(found: Stimulus, n_channels: int, period_us: int) -> Stimulus:
    """What a converted network with a bias channel hears, of a stimulus for its source: one channel
    less, or that one silent as a CSV file leaves it."""
    from ..models.conversion.bias_channel import with_clock

    clock = n_channels - 1
    if found.n_channels == n_channels and not (found.channel == clock).any():
        found = replace(found, n_channels=clock)
    if found.n_channels != clock:
        return found
    print(
        f"note: an event every {period_us} us is added on channel {clock}, for the biases of the "
        "network that was converted",
        file=sys.stderr,
    )
    return with_clock(found, period_us)


def arguments(given: list[str]) -> list[str]:
    """What was typed, with a bare `--verify` of `run` as `--verify=answer`: an option that needs
    no value takes one only behind `=`, as GNU programs do it, and typer has no such options."""
    if given[:1] != ["run"]:
        return given
    bare = {"--verify": f"--verify={Verification.ANSWER}"}
    return [bare.get(word, word) for word in given]
