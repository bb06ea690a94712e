"""`analoop twin`: a snapshot that behaves like one board, fitted to recordings of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..models.archive import check_writable
from . import console, console_twin, progress
from .cli_options import CorpusFolder, Json, NoiseFolder, ProgramFile, Quiet
from .cli_partial import first_free, partial_kept, trouble_told
from .cli_run import stimulus_for

if TYPE_CHECKING:
    from ..hw.snapshot import Snapshot
    from ..models.recording import Recording
    from .program import Program
    from .twins.fitting import FitOptions

app = typer.Typer(help="Twins: virtual chips fitted to one board.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", "-o", help="Snapshot file to write.")]
Input = Annotated[str, typer.Option("--input", help="Stimulus file, CSV or task name.")]
HoldOut = Annotated[
    float, typer.Option(help="Share of the trials that the fit does not see, above 0 and below 1.")
]
Screening = Annotated[
    Path | None, typer.Option("--snapshot", help="Screening of the board, to go into the file.")
]


@app.command()
def make(
    program: ProgramFile,
    board: Annotated[str, typer.Option(help="sim:seed=3, dynapse2:SERIAL, ...")],
    source: Input,
    out: Out,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    hold_out: HoldOut = 0.3,
    screening: Screening = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Characterise a board, play the stimulus, fit the twin: all at once."""
    from ..hw.board import open_board
    from .program import Program
    from .sequence_tasks import Folders
    from .twins.making import make_twin

    check_writable(out)
    loaded, options = Program.load(program), _options(hold_out, screening)
    stimulus = stimulus_for(loaded, source, folders=Folders(data, noise))
    opened = open_board(board, loaded.configuration.chip)
    with opened as board_, progress.trials(quiet) as tell, _played_kept(loaded, out) as keep:
        made = make_twin(
            loaded, stimulus, board_, options, lambda k, n: tell(k, n, "fitting the twin"), keep
        )
        path = made.save(out)
    _show(made, as_json, path)


@app.command()
def plan(
    program: ProgramFile,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the stimuli.")] = 0,
    trials: Annotated[int, typer.Option(min=1, help="Trials per dendrite.")] = 16,
) -> None:
    """Write the programs and stimuli that characterise the neurons of a program."""
    from .program import Program
    from .twins.characterization import plan as plan_twin
    from .twins.files import save_plan

    planned = plan_twin(Program.load(program), seed, trials)
    save_plan(planned, out)
    console_twin.print_plan(planned, out)


@app.command()
def fit(
    program: ProgramFile,
    recording: Annotated[
        list[Path], typer.Option(help="Recording file or folder of 'record'; several: repeats.")
    ],
    out: Out,
    source: Annotated[
        str | None, typer.Option("--input", help="Stimulus of the recording files.")
    ] = None,
    data: CorpusFolder = None,
    noise: NoiseFolder = None,
    characterization: Annotated[
        Path | None, typer.Option("--plan", help="Folder of 'plan', with its recordings.")
    ] = None,
    hold_out: HoldOut = 0.3,
    screening: Screening = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit the twin of a board from files."""
    from .program import Program
    from .sequence_tasks import Folders, refuse_folders
    from .twins.files import load_plan, load_session
    from .twins.fitting import fit_twin

    check_writable(out)
    loaded, options = Program.load(program), _options(hold_out, screening)
    folders = Folders(data, noise)
    if source is None:
        refuse_folders("a folder of 'record'", folders)
    stimulus = None if source is None else stimulus_for(loaded, source, folders=folders)
    session = load_session(loaded, stimulus, recording)
    planned = [] if characterization is None else load_plan(characterization)
    with progress.trials(quiet) as tell:
        made = fit_twin(session, planned, options, lambda k, n: tell(k, n, "fitting the twin"))
    _show(made, as_json, made.save(out))


@app.command()
def check(
    snapshot: Annotated[Path, typer.Argument(metavar="TWIN", help="Made by 'make' or 'fit'.")],
    program: ProgramFile,
    least: Annotated[
        float,
        typer.Option(help="Fail if it is not so many times better than a nominal chip; 0 or more."),
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Predict the held-out recordings again; exit code 1 if the twin is not good enough, 5 if they
    hold no spike to judge it by."""
    from ..hw.snapshot import Snapshot
    from .population.promise import EXIT_CODES
    from .program import Program
    from .twins.fidelity import check_least, fidelity, judge

    check_least(least)
    loaded = Snapshot.load(snapshot)
    score = fidelity(loaded, Program.load(program))
    outcome = judge(score, least)
    if as_json:
        more = {"fidelity": score, "least": least, "outcome": outcome}
        console.print_json(console_twin.twin_record(loaded) | more)
    else:
        console_twin.print_fidelity(score)
    raise typer.Exit(EXIT_CODES[outcome])


@contextmanager
def _played_kept(program: Program, out: Path) -> Iterator[Callable[[str, Recording], None]]:
    """Keeps what was played for a twin that came to nothing, beside its file: a folder as `plan`
    writes it, for `fit`."""
    from .twins.making import PLAYS

    played: dict[str, Recording] = {}
    folder = first_free(lambda number: out.with_name(f"{out.stem}.failed-{number}"))
    try:
        with partial_kept(lambda partial: folder / f"{PLAYS[len(played)]}.partial.npz"):
            yield played.__setitem__
    except BaseException:
        if played:
            with trouble_told():
                _save_played(played, program, folder)
        raise


def _save_played(played: dict[str, Recording], program: Program, folder: Path) -> None:
    from .twins.characterization import plan as plan_twin
    from .twins.files import save_plan

    save_plan(plan_twin(program), folder)
    for name, recording in played.items():
        recording.save(folder / f"{name}.recording.npz")
    print(f"kept what was played in {folder}, for 'twin fit --plan {folder}'", file=sys.stderr)


def _options(hold_out: float, screening: Path | None) -> FitOptions:
    from ..hw.snapshot import Snapshot
    from .twins.fitting import FitOptions

    date = datetime.now(UTC).isoformat(timespec="seconds")
    return FitOptions(date, hold_out, None if screening is None else Snapshot.load(screening))


def _show(snapshot: Snapshot, as_json: bool, path: Path) -> None:
    found: dict[str, Any] = console_twin.twin_record(snapshot) | {"file": str(path)}
    if as_json:
        console.print_json(found)
    else:
        console_twin.print_twin(found)
        print(f"wrote {path}")
