"""Many chips, batch by batch: the row of a chip depends on the program, the stimulus and the chip,
not on the batch, the order or the machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from ...hw.board import open_board
from ...models.errors import AnaloopError, IncompleteError, InputError
from ...models.recording import Recording, Stimulus
from ...models.runner import Runner, has_kernel, processors
from ...models.versions import versions
from ..execution import run, run_virtual
from ..program import Program
from .rows import Row, is_counted, row_of
from .targets import Target, batches, name_of

PATIENCE_S = 600.0
"""How long a scheduler may take over one batch before the sweep is given up [s]."""

WAIT_S = 10.0
"""How long a scheduler may take to answer at all [s]."""


Play = Callable[[str, Program, Stimulus], Recording]
"""Opens a board by name, plays, and closes it."""


def play_board(name: str, program: Program, stimulus: Stimulus) -> Recording:
    """Open a board and play a stimulus. Raises as `run` and `open_board`."""
    with open_board(name, program.configuration.chip) as board:
        return run(program, board, stimulus)


@dataclass(frozen=True, eq=False)
class Job:
    """What every chip is asked to do."""

    program: Program
    """What it is programmed with."""
    stimulus: Stimulus
    """What it is played."""
    play: Play = play_board
    """How boards that are opened are played."""

    def rows(self, batch: Sequence[Target]) -> list[Row]:
        """Play the stimulus on the boards of a batch, all virtual or all to be opened.

        Raises:
            IncompleteError: a board failed, or its books do not balance: that is no row.
        """
        played = []
        virtual = [target for target in batch if not isinstance(target, str)]
        if virtual:
            runner = Runner(virtual[0].precision, workers=1)
            played += run_virtual(self.program, virtual, self.stimulus, runner)
        for name in batch[len(virtual) :]:
            played.append(self.play(name_of(name), self.program, self.stimulus))
        return [
            replace(
                row_of(recording, self.program, self.stimulus, is_counted(target)),
                name=name_of(target),
            )
            for recording, target in zip(played, batch, strict=True)
        ]


def rows_of(job: Job, targets: Sequence[Target], scheduler: str | None = None) -> Generator[Row]:
    """Rows in the order of the targets, as they are finished.

    Virtual boards are computed ahead, as many batches at a time as there are processors, or by the
    workers of a Dask scheduler; boards that are opened have their turn one after the other, here.

    Args:
        scheduler: address of a Dask scheduler, as 'tcp://host:8786'; None: this process.

    Raises:
        InputError: NO_SCHEDULER, OTHER_VERSIONS, NO_DASK.
        IncompleteError, BoardError: of boards that are opened.
    """
    parts = _by_dask if scheduler else _by_threads
    with closing(parts(job, batches(targets), scheduler or "")) as made:
        for rows in made:
            yield from rows


def _by_threads(job: Job, parts: Iterable[list[Target]], _: str) -> Generator[list[Row]]:
    at_once = processors() if has_kernel() else 1
    pool = ThreadPoolExecutor(at_once)
    try:
        yield from _in_order(job, parts, at_once, lambda batch: pool.submit(job.rows, batch).result)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    job: Job,
    parts: Iterable[list[Target]],
    ahead: int,
    submit: Callable[[list[Target]], Callable[[], list[Row]]],
) -> Iterator[list[Row]]:
    """Results of batches in their order, `ahead` of them begun at a time."""
    begun: deque[Callable[[], list[Row]]] = deque()
    for batch in parts:
        alone = isinstance(batch[0], str)
        begun.append((lambda batch=batch: job.rows(batch)) if alone else submit(batch))
        if len(begun) >= ahead:
            yield begun.popleft()()
    while begun:
        yield begun.popleft()()


def _by_dask(job: Job, parts: Iterable[list[Target]], scheduler: str) -> Generator[list[Row]]:
    """As `_by_threads`, on the workers of a Dask scheduler. A batch whose worker is killed is
    computed again by another; its rows are taken once, here."""
    client = _client(scheduler)
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
        everywhere = client.scatter(replace(job, play=play_board), broadcast=True)
        ahead = 2 * max(1, sum(client.nthreads().values()))
        ours = versions()

        def submit(batch: list[Target]) -> Callable[[], list[Row]]:
            future = client.submit(_remote, everywhere, batch, pure=False)

            def rows() -> list[Row]:
                found, theirs = _result(future, batch)
                _alike(ours, theirs)
                return found

            return rows

        yield from _in_order(job, parts, ahead, submit)
    except TimeoutError as error:
        raise InputError(
            f"the scheduler at {scheduler} has no workers: start some with 'dask worker "
            f"{scheduler}'",
            code="NO_SCHEDULER",
        ) from error
    finally:
        client.close()


def _result(future: Any, batch: list[Target]) -> Any:
    """What a worker found; errors made on purpose as they are.

    Raises:
        IncompleteError: BATCH_LOST, when workers died under it again and again, or took too long;
            its `partial` is None, as finished rows are in the folder of the sweep.
    """
    try:
        return future.result(timeout=PATIENCE_S)
    except AnaloopError:
        raise
    except Exception as error:
        names = ", ".join(name_of(target) for target in batch)
        raise IncompleteError(
            f"the workers came to no result for {names} ({error!r}): run it again with the same "
            "--out to go on, on workers with more memory or nearer by",
            code="BATCH_LOST",
            partial=None,
            exit_code=IncompleteError.exit_code,
        ) from error


def _remote(job: Job, batch: list[Target]) -> tuple[list[Row], dict[str, str]]:
    return job.rows(batch), versions()


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            "a scheduler needs Dask: pip install 'analoop[scale]'", code="NO_DASK"
        ) from error
    try:
        return Client(scheduler, timeout=WAIT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {scheduler} ({error}): start one with 'dask scheduler', "
            "or leave out --scheduler",
            code="NO_SCHEDULER",
        ) from error


def _alike(ours: dict[str, str], theirs: dict[str, str]) -> None:
    differ = sorted(k for k in {*ours, *theirs} if ours.get(k) != theirs.get(k))
    if differ:
        said = ", ".join(f"{k} {theirs.get(k)} (here {ours.get(k)})" for k in differ)
        raise InputError(
            f"a worker has {said}: results would depend on the machine; install the same",
            code="OTHER_VERSIONS",
        )
