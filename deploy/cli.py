"""The command line: every verb a thin layer over the function of the same name.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 a check failed,
2 usage or bad input, or the system refuses a file, 3 no such board, 4 a board failed, 5 undecided,
6 interrupted, or books that do not balance (what there is is kept).
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from ..models.errors import AnaloopError, FileError, InputError, ViolationsError
from . import (
    cli_bench,
    cli_compare,
    cli_convert,
    cli_explain,
    cli_fingerprint,
    cli_learning,
    cli_machine,
    cli_record,
    cli_report,
    cli_robustness,
    cli_run,
    cli_samna,
    cli_screen,
    cli_twin,
    cli_validate,
    console,
    progress,
)
from .cli_options import Json, Quiet

app = typer.Typer(
    help="Deploy spiking networks to DYNAP-SE2 chips, simulated or real.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(cli_samna.app, name="samna")
app.add_typer(cli_bench.app, name="bench")
app.add_typer(cli_twin.app, name="twin")
app.command()(cli_screen.screen)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"analoop {version('analoop')}")
        raise typer.Exit()


@app.callback()
def analoop(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Options before any verb."""


@app.command()
def demo(
    chips: Annotated[int, typer.Option(min=0, help="Mismatched chips to sample.")] = 20,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("runs/demo"),
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the shipped speech network on simulated chips."""
    from .demonstration import demo as run_demo

    with progress.rows(quiet) as (say, row):
        result = run_demo(out, chips, say, row)
    if as_json:
        console.print_json(result.report.record() | {"files": [str(f) for f in result.files]})
    else:
        console.print_report(result.report)
        for file in result.files:
            print(f"wrote {file}")
    cli_validate.interrupted(result.report)


app.command()(cli_learning.train)
app.command()(cli_convert.convert)


@app.command()
def compile(
    network: Annotated[Path, typer.Argument(metavar="NETWORK", help="Made by 'train' or save().")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Program file to write.")] = None,
    board_chips: Annotated[
        int | None, typer.Option(help="Chips of the board, 1..4; the fewest that fit if left out.")
    ] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="Made by 'screen': avoid what this board's screening found.")
    ] = None,
    board: Annotated[
        str | None, typer.Option(help="The board the snapshot has to be of; it is not opened.")
    ] = None,
    drop: Annotated[
        float | None,
        typer.Option(
            help="With a snapshot: weight a neuron may lose for want of good words, 0..1; 0.1."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and report, write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Quantise, place and route a network; write the program."""
    from .board_check import load_snapshot
    from .chip_students import load_network
    from .compilation import compile as run_compile
    from .good_words import DROP
    from .inspection import inspect as run_inspect

    if drop is not None and snapshot is None:
        raise InputError(
            f"--drop {drop:g} would be without effect: weight is lost only for want of good words, "
            "as a screening found them; give --snapshot too, or leave it out",
            code="NO_SNAPSHOT",
        )
    if out is None and not dry_run:
        raise InputError("where to? give --out FILE, or --dry-run", code="NO_OUTPUT")
    screened = load_snapshot(snapshot, board)
    most = DROP if drop is None else drop
    program = run_compile(load_network(network), n_chips=board_chips, snapshot=screened, drop=most)
    if out is not None and not dry_run:
        program.save(out)
    if as_json:
        console.print_json(run_inspect(program) | {"file": None if dry_run else str(out)})
    else:
        console.print_program(run_inspect(program))
        print("dry run: nothing written" if dry_run else f"wrote {out}")


@app.command()
def inspect(
    program: Annotated[
        Path, typer.Argument(metavar="PROGRAM", help="Made by 'compile'; or the word 'mismatch'.")
    ],
    neuron: Annotated[int | None, typer.Option(help="Model index of one neuron.")] = None,
    tag: Annotated[int | None, typer.Option(help="Who sends this tag?")] = None,
    as_json: Json = False,
) -> None:
    """Show what is in a program, where a neuron sits, who sends a tag; or how chips are drawn."""
    from .inspection import inspect as run_inspect
    from .inspection import inspect_mismatch, inspect_neuron, inspect_tag
    from .program import Program

    if neuron is not None and tag is not None:
        raise InputError(
            f"--neuron {neuron} and --tag {tag} are two questions: ask one at a time",
            code="TWO_QUESTIONS",
        )
    if neuron is not None:
        found: Any = inspect_neuron(Program.load(program), neuron)
        show = console.print_neuron
    elif tag is not None:
        found, show = inspect_tag(Program.load(program), tag), console.print_senders
    elif program == Path("mismatch"):
        found, show = inspect_mismatch(), console.print_mismatch
    else:
        found, show = run_inspect(Program.load(program)), console.print_program
    if as_json:
        console.print_json(found)
    else:
        show(found)


app.command()(cli_run.run)
app.command()(cli_record.record)
app.command()(cli_record.export)
app.command()(cli_fingerprint.fingerprint)
app.command()(cli_compare.compare)


app.command()(cli_validate.validate)
app.command()(cli_explain.explain)
app.command()(cli_report.report)
app.command()(cli_robustness.robustness)
app.command()(cli_machine.boards)
app.command()(cli_machine.doctor)


SHOWN = 10
"""Violations printed in full, of errors that may have thousands; --json prints them all."""


def _shortened(error: AnaloopError) -> str:
    lines = str(error).split("\n")
    more = len(lines) - SHOWN
    if more <= 0 or getattr(error, "unabridged", False):
        return str(error)
    return "\n".join([*lines[:SHOWN], f"... and {more} more; --json lists all"])


def main() -> None:
    """Run the command line; errors made on purpose, and what the system refuses, become one line
    and an exit code."""
    try:
        code = _called()
        _flush()  # now: what Python finds out when it ends comes as a traceback
    except OSError as error:
        code = _refused(error)
    sys.exit(code)


def _called() -> Any:
    """Do what was asked; returns the exit code, or what a script of 'samna run' exits with."""
    try:
        app(cli_run.arguments(sys.argv[1:]))
    except AnaloopError as error:
        _tell(error)
        return error.exit_code
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != 130:  # what typer makes of Ctrl-C
            return stop.code
        print("interrupted", file=sys.stderr)
        return 6
    return 0


def _tell(error: AnaloopError) -> None:
    if "--json" in sys.argv:
        record: dict[str, Any] = {"code": error.code, "message": str(error)}
        if isinstance(error, ViolationsError):
            record["violations"] = [vars(v) for v in error.violations]
        print(json.dumps({"error": record}, indent=2), file=sys.stderr)
    else:
        print(f"error: {_shortened(error)} ({error.code})", file=sys.stderr)


def _flush() -> None:
    if sys.stdout is not None and not sys.stdout.closed:  # None: closed before we began
        sys.stdout.flush()


def _refused(error: OSError) -> int:
    """Say what the system did not do: a full disk, no permission; returns the exit code.

    Where nobody reads on, as behind `| head`, nothing is said and 1 returned, as typer does it.
    """
    try:
        _flush()  # what was printed before, if stdout is not what failed
    except OSError:
        with suppress(OSError):  # else Python tries again when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 1
    why = f"the system refused ({error}): is the path right, may you write there, is there space?"
    _tell(FileError(why, code="SYSTEM"))
    return FileError.exit_code
