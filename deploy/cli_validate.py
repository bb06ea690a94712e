"""`analoop validate`: judge a program on chips; with a promise, stop when it is settled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..models.archive import write_bytes
from ..models.errors import InputError
from . import console, console_bench, progress
from .cli_bench import BenchFile, Recover
from .cli_options import CorpusFolder, Json, NoiseFolder, ProgramFile, Quiet
from .cli_partial import among_failed, partial_kept, save_partial
from .cli_run import stimulus_for

if TYPE_CHECKING:
    from ..models.partial_recording import PartialRecording
    from .population.targets import Target
    from .validation import Report


def validate(
    program: ProgramFile,
    accuracy: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Promise that chips reach this accuracy; stop early."),
    ] = None,
    share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of chips promised to; .9 if left out.")
    ] = None,
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Of the verdict; .95 if left out.")
    ] = None,
    chips: Annotated[
        int | None,
        typer.Option(min=0, help="Virtual chips at most; 20, or 200 with a promise."),
    ] = None,
    level: Annotated[
        float | None, typer.Option(min=0, help="Mismatch level, 1 is the table's.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Of the first chip; 1, or the program's own with a promise."),
    ] = None,
    options: Annotated[
        str | None, typer.Option("--with", help="What all chips have: noise=1,defects=1,...")
    ] = None,
    board: Annotated[
        list[str] | None, typer.Option(help="A board to judge, in place of drawn chips; repeat.")
    ] = None,
    snapshot: Annotated[
        list[Path] | None, typer.Option(help="The board of a snapshot, simulated; repeat.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--input", help="Stimulus with targets, or a task name.")
    ] = None,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    network: Annotated[
        Path | None, typer.Option(help="The network file, to add the software model.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler to spread chips over: tcp://HOST:8786.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for rows, which are resumed, report.")
    ] = None,
    bench: BenchFile = None,
    recover: Recover = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge a program on a nominal chip and on many mismatched ones, or on boards.

    Options can stand in pyproject.toml, [tool.analoop.validate]. Exit code 0 pass, 1 fail, 5
    undecided; without --accuracy nothing is promised and it is 0.
    """
    from ..hw.virtual_board import VirtualBoard
    from .bench_session import open_session, reported
    from .chip_students import load_network
    from .population.promise import EXIT_CODES
    from .population.settings import load_settings
    from .program import Program
    from .sequence_tasks import Folders
    from .validation import Sweep
    from .validation import validate as run_validate

    given = {
        "accuracy": accuracy, "share": share, "confidence": confidence, "chips": chips,
        "level": level, "seed": seed, "options": options, "input": source,
        "board": tuple(board or ()), "snapshot": tuple(map(str, snapshot or ())),
    }  # fmt: skip
    settings, file = load_settings(Path.cwd())
    settings = settings.changed(given)
    if file is not None and not quiet:
        print(f"settings of {file}", file=sys.stderr)
    loaded = Program.load(program)
    stimulus = stimulus_for(loaded, settings.input, folders=Folders(data, noise))
    model = None if network is None else load_network(network)
    boards = settings.targets(loaded.hash)
    if bench is not None:
        boards = _one_by_one(settings.named)
    elif not settings.board:
        boards = [VirtualBoard(), *boards]
    _tell_of_rows(out, quiet)
    kept = None if out is None else out / "bench.json"
    with (
        progress.rows(quiet) as (say, row),
        open_session(bench, recover, keep=_keep(out), tell=say, kept=kept) as session,
    ):
        how = Sweep(settings.promise, out, scheduler, row, session.play)
        with partial_kept(lambda partial: None if out is None else among_failed(out, partial)):
            report = reported(session, run_validate(loaded, stimulus, boards, model, how))
        if not report.complete:  # Ctrl-C
            session.make_safe()
    _show(report, [] if out is None else _write(out, report), as_json)
    interrupted(report)
    if report.verdict is not None:
        raise typer.Exit(EXIT_CODES[report.verdict.outcome])


def _keep(folder: Path | None) -> Callable[[PartialRecording, int], None]:
    """Keeps what came before a board failed and was brought back, in the folder."""

    def keep(partial: PartialRecording, number: int) -> None:
        if folder is not None:
            save_partial(partial, among_failed(folder, partial))

    return keep


def _one_by_one(named: list[str]) -> list[Target]:
    """Boards on a bench, simulated ones too: opened and measured by themselves.

    Raises:
        InputError: NEEDS_BOARD.
    """
    if not named:
        raise InputError(
            "--bench measures boards that are named, and chips that are drawn stand on none: give "
            "--board",
            code="NEEDS_BOARD",
        )
    return list(named)


def _tell_of_rows(folder: Path | None, quiet: bool) -> None:
    """Say how many chips need not be played again."""
    from .population.rows import read_rows

    table = None if folder is None else folder / "rows.csv"
    if table is not None and table.exists() and not quiet:
        print(f"{len(read_rows(table))} finished rows are in {table}", file=sys.stderr)


def _show(report: Report, files: list[str], as_json: bool) -> None:
    """The report on stdout."""
    if as_json:
        console.print_json(report.record())
        return
    console.print_report(report)
    console_bench.print_stamps(report.provenance.get("bench", {}))
    for written in files:
        print(f"wrote {written}")


def _write(folder: Path, report: Any) -> list[str]:
    """The report as JSON, as JUnit XML, in Markdown and as a page."""
    from .demonstration import write_json
    from .population.papers import junit, markdown, properties

    said = properties(report, Path.cwd())
    return [
        str(write_json(folder / "report.json", report.record())),
        str(write_bytes(folder / "junit.xml", junit(report, said))),
        str(write_bytes(folder / "summary.md", markdown(report, said).encode())),
        *write_page(folder, report),
    ]


def write_page(folder: Path, report: Any) -> list[str]:
    """The report for people; needs Bokeh, which is an extra."""
    from .reporting.page import Page, write_report

    page = Page(report, title=f"Validation of program {report.provenance['program'][:12]}")
    try:
        return [str(write_report(folder / "report.html", page))]
    except InputError as error:
        if error.code != "BOKEH_MISSING":
            raise
        print(f"no report.html: {error}", file=sys.stderr)
        return []


def interrupted(report: Any) -> None:
    """Exit code 6 for a report that was cut short."""
    if not report.complete:
        done = f"{len(report.rows)} of {report.planned}"
        print(f"interrupted: {done} rows are finished and kept", file=sys.stderr)
        raise typer.Exit(6)
