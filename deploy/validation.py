"""Does a program keep its accuracy on chips nobody has seen? Software, nominal chip, many chips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..hw.injection import injected
from ..hw.simulated_board import identify
from ..hw.snapshot import chips_of, silicon_hash
from ..hw.virtual_board import VirtualBoard
from ..models.errors import InputError
from ..models.mismatch import MISMATCH_VERSION
from ..models.network import Network
from ..models.recording import Stimulus
from ..models.simulation import simulate
from ..models.versions import versions
from .compilation import decoded_network
from .labelled import check_labelled
from .population.promise import Promise, Verdict, judge, outcome_of
from .population.rows import Row, is_counted, read_rows, row_of, summary_of
from .population.sweep import Job, Play, play_board, rows_of
from .population.targets import ANY, Target, name_of
from .program import Program
from .resumable import RowFile, WorkFolder

ROW_FORMAT = 2
"""Of rows.csv, said in sweep.json."""

Progress = Callable[[int, int, Row], None]


@dataclass(frozen=True)
class Sweep:
    """How a validation is run."""

    promise: Promise | None = None
    """What is to be decided; the sweep ends as soon as it is. None: every board is played."""
    folder: Path | None = None
    """Where finished rows are kept, and found again by the next run; None: nowhere."""
    scheduler: str | None = None
    """Address of a Dask scheduler; None: this machine alone."""
    progress: Progress = lambda done, planned, row: None
    """Called with rows done, rows planned at most, and the row after each."""
    play: Play = play_board
    """How boards that are opened are played; `bench_session.BenchSession.play` is another way."""


@dataclass(frozen=True)
class Report:
    """Rows of targets, and what produced them."""

    rows: tuple[Row, ...]
    """One per target, in the order asked for, up to the one that settled the promise."""
    provenance: dict[str, Any]
    """Program, stimulus, mismatch level and version, seeds."""
    complete: bool = True
    """False when the run was interrupted: the rows that are there are finished ones."""
    planned: int = field(default=0)
    """Rows that were asked for, at most."""
    verdict: Verdict | None = None
    """On the promise, if there was one and the run was not interrupted."""

    def summary(self) -> dict[str, float] | None:
        """Mean, worst and best accuracy of the chips that count, or None without any."""
        return summary_of(self.rows)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "summary": self.summary(),
            "complete": self.complete,
            "planned": self.planned,
            "verdict": None if self.verdict is None else self.verdict.record(),
            "provenance": self.provenance,
        }


def validate(
    program: Program,
    stimulus: Stimulus,
    boards: Sequence[Target],
    network: Network | None = None,
    how: Sweep = Sweep(),  # noqa: B008  frozen
) -> Report:
    """Play a labelled stimulus to the software model and to boards, and judge them.

    Ctrl-C keeps the rows that are finished and marks the report incomplete. With a folder, a run
    that was cut short at any moment goes on where it was, with the same result.

    Args:
        boards: virtual boards, or names of boards to be opened.
        network: the trained network (or `decoded_network(program)`), for the row 'software
            model'; None leaves it out.

    Raises:
        InputError: NO_TARGETS, TARGETS, NETWORK_MISMATCH, INPUT_CHANNELS, SAME_BOARD;
            OTHER_SWEEP, SWEEP_HELD of the folder.
        IncompleteError: a board failed, or its books do not balance; rows before it are kept.
    """
    _check(program, stimulus, boards, network)
    planned = len(boards) + (network is not None)
    rows: list[Row] = []
    counted, complete = _Count(how.promise), True
    with ExitStack() as stack:
        kept = _kept(program, stimulus, how.folder, stack)
        made = _made(Job(program, stimulus, how.play), boards, network, how.scheduler, kept)
        stack.callback(made.close)
        try:
            for row in made:
                settled = counted.add(row)
                rows.append(row)
                how.progress(len(rows), planned, row)
                if settled:
                    break
        except KeyboardInterrupt:
            complete = False
    verdict = None
    if how.promise is not None and complete:
        verdict = judge((row.accuracy for row in rows if row.counted), how.promise)
    return Report(tuple(rows), _provenance(program, stimulus, boards), complete, planned, verdict)


@dataclass
class _Count:
    """The chips that counted so far."""

    promise: Promise | None
    """What is to be decided."""
    failed: int = 0
    """Chips that did not keep it."""
    chips: dict[str, str] = field(default_factory=dict)
    """Names of the boards by their silicon."""

    def add(self, row: Row) -> bool:
        """Count a row, if it counts; whether it settles the promise.

        Raises:
            InputError: SAME_BOARD, the same chips were counted under another name.
        """
        if not row.counted:
            return False
        other = self.chips.setdefault(row.silicon, row.name)
        if other != row.name:
            raise InputError(
                f"{row.name} and {other} are the same chips, and a chip counts once: leave one out",
                code="SAME_BOARD",
            )
        if self.promise is None:
            return False
        self.failed += not self.promise.kept_by(row.accuracy)
        return outcome_of(len(self.chips), self.failed, self.promise) != "undecided"


def _kept(
    program: Program, stimulus: Stimulus, folder: Path | None, stack: ExitStack
) -> RowFile[Row] | None:
    """The table of a sweep's folder, held until the stack is left."""
    if folder is None:
        return None
    asked = {
        "program": program.hash,
        "stimulus": stimulus.hash,
        "versions": versions(),
        "mismatch": MISMATCH_VERSION,
        "row_format": ROW_FORMAT,
    }
    stack.enter_context(WorkFolder(folder, "sweep", asked))
    return RowFile(folder / "rows.csv", Row, read_rows)


def _made(
    job: Job,
    boards: Sequence[Target],
    network: Network | None,
    scheduler: str | None,
    kept: RowFile[Row] | None,
) -> Generator[Row]:
    """Rows in the order asked for; those that are kept are not made again."""
    there = {} if kept is None else _still_true(kept.rows(), boards, job.program)
    if network is not None:
        yield row_of(simulate(network, job.stimulus), job.program, job.stimulus, False)
    missing = [board for board in boards if name_of(board) not in there]
    with closing(rows_of(job, missing, scheduler)) as fresh:
        for board in boards:
            row = there.get(name_of(board))
            if row is None:
                row = next(fresh)
                if kept is not None:
                    kept.append(row)
            yield row


def _still_true(rows: Sequence[Row], boards: Sequence[Target], program: Program) -> dict[str, Row]:
    """Rows that are kept, by name; not those of a name that opens any board.

    Raises:
        InputError: OTHER_BOARD, another board than before has a name: its snapshot file changed.
    """
    there = {row.name: row for row in rows if not row.name.endswith(ANY)}
    chip = program.configuration.chip
    changed = [
        board.name
        for board in boards
        if isinstance(board, VirtualBoard)
        and board.name in there
        and silicon_hash(identify(board, chip).record()) != there[board.name].silicon
    ]
    if changed:
        raise InputError(
            f"other boards than before have these names: {', '.join(changed)} (a snapshot file "
            "that changed?): give another folder, or put the file back",
            code="OTHER_BOARD",
        )
    return there


def _provenance(program: Program, stimulus: Stimulus, boards: Sequence[Target]) -> dict[str, Any]:
    drawn = [b for b in boards if isinstance(b, VirtualBoard) and b.seed is not None]
    return {
        "program": program.hash,
        "network": program.network_hash,
        "stimulus": stimulus.hash,
        "trials": stimulus.n_trials,
        "mismatch": MISMATCH_VERSION,
        "samplers": sorted({b.mismatch for b in drawn}),
        "levels": sorted({b.level for b in drawn}),
        "snapshots": _snapshots(program, boards),
        "versions": versions(),
    }


def _snapshots(program: Program, boards: Sequence[Target]) -> dict[str, str]:
    """Hash of every snapshot file that virtual boards were made from, by path."""
    chip = program.configuration.chip
    virtual = [b for b in boards if isinstance(b, VirtualBoard) and b.snapshot is not None]
    found = {str(b.snapshot): injected(b, chip) for b in virtual}
    return {path: snapshot.hash for path, snapshot in found.items() if snapshot is not None}


def _check_different(boards: Sequence[Target]) -> None:
    """Refuse a board, or chips, that are asked for twice. Raises InputError SAME_BOARD."""
    names: dict[object, list[str]] = defaultdict(list)
    for board in boards:
        if isinstance(board, str):
            names[board].append(board)
        elif is_counted(board):
            names[chips_of(board)].append(board.name)
        else:
            names[board.name].append(board.name)
    twice = [" and ".join(alike) for alike in names.values() if len(alike) > 1]
    if twice:
        raise InputError(
            f"the same chips are asked for twice, and a chip counts once: {'; '.join(twice)}",
            code="SAME_BOARD",
        )


def _check(
    program: Program, stimulus: Stimulus, boards: Sequence[Target], network: Network | None
) -> None:
    check_labelled(program, stimulus)
    _check_different(boards)
    own = (program.network_hash, decoded_network(program).hash)
    if network is not None and network.hash not in own:
        raise InputError(
            f"the program was compiled from network {program.network_hash[:12]}, this one is "
            f"{network.hash[:12]}: give the network it was compiled from",
            code="NETWORK_MISMATCH",
        )
