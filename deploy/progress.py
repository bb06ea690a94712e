"""What people see on stderr while they wait: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .population.rows import Row
from .validation import Progress as RowProgress

Tell = Callable[[float, int, str], None]
"""Called with what is done, what is planned, and words for it; of what is under way, its share may
count."""
LINE_S = 10.0
"""Least time between two lines about a study where nobody looks [s]."""
LOOKED_BACK_S = 3600.0
"""How far a bar looks back for the time left [s]: it needs two steps in there, and a row of a study
takes minutes."""


def lines(quiet: bool) -> Callable[[str], None]:
    """A function to report news with, a line each; above a bar, where there is one."""
    return (lambda line: None) if quiet else _line


@contextmanager
def rows(quiet: bool) -> Iterator[tuple[Callable[[str], None], RowProgress]]:
    """Two functions to report with: one line of news, and a finished row of a report."""
    if quiet:
        yield (lambda line: None), (lambda done, planned, row: None)
    elif not sys.stderr.isatty():
        left = _TimeLeft()
        yield (
            _line,
            lambda done, planned, row: _line(
                f"{done}/{planned}  {row.name}  accuracy {row.accuracy:.1%}"
                f"{left.after(done, planned)}"
            ),
        )
    else:
        with _bar() as bar:
            task = bar.add_task("starting", total=None)

            def row(done: int, planned: int, row: Row) -> None:
                bar.update(task, completed=done, total=planned, description=row.name)

            yield (lambda line: bar.console.print(line)), row


@contextmanager
def epochs(quiet: bool, total: int) -> Iterator[Callable[[int, float, float], None]]:
    """A function to report training epochs with."""
    if quiet:
        yield lambda epoch, loss, accuracy: None
    elif not sys.stderr.isatty():
        left = _TimeLeft()
        yield lambda epoch, loss, accuracy: _line(
            f"epoch {epoch + 1}/{total}  loss {loss:.4f}  training accuracy {accuracy:.1%}"
            f"{left.after(epoch + 1, total)}"
        )
    else:
        with _bar() as bar:
            task = bar.add_task("training", total=total)

            def update(epoch: int, loss: float, accuracy: float) -> None:
                news = f"loss {loss:.4f}, training accuracy {accuracy:.1%}"
                bar.update(task, completed=epoch + 1, description=news)

            yield update


@contextmanager
def trials(quiet: bool) -> Iterator[Tell]:
    """A function to report the trials of a screening with."""
    said = ""

    def line(done: float, planned: int, what: str) -> str:
        nonlocal said
        known, said = what == said, what
        return "" if known else f"{done}/{planned} trials  {what}"

    with _counted(quiet, "screening", line) as tell:
        yield tell


@contextmanager
def study(quiet: bool) -> Iterator[Tell]:
    """A function to report with what of a study is done, what is planned, and words for it."""
    last, said, finished = -LINE_S, "", False

    def line(done: float, planned: int, what: str) -> str:
        nonlocal last, said, finished
        words = f"{int(done)}/{planned}  {what}"
        ended, finished = done == planned and not finished, done == planned
        if words == said or not (time.monotonic() - last >= LINE_S or ended):
            return ""
        last, said = time.monotonic(), words
        return words

    with _counted(quiet, "starting", line) as tell:
        yield tell


@contextmanager
def _counted(quiet: bool, first: str, line: Callable[[float, int, str], str]) -> Iterator[Tell]:
    """Nothing, lines that are not empty, or a bar that begins with these words."""
    if quiet:
        yield lambda done, planned, what: None
    elif not sys.stderr.isatty():
        left = _TimeLeft()

        def tell(done: float, planned: int, what: str) -> None:
            after = left.after(done, planned)
            if words := line(done, planned, what):
                _line(words + after)

        yield tell
    else:
        with _bar() as bar:
            task = bar.add_task(first, total=None)
            yield lambda done, planned, what: bar.update(
                task, completed=done, total=planned, description=what
            )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        speed_estimate_period=LOOKED_BACK_S,
        console=Console(stderr=True, no_color="NO_COLOR" in os.environ),
    )


class _TimeLeft:
    """What a bar would say of the time left, where lines are written instead."""

    def __init__(self) -> None:
        self._bar = _bar()  # never started, so it is not shown
        self._task = self._bar.add_task("", total=None)

    def after(self, done: float, planned: int) -> str:
        """Words behind a line that so much is done; empty: nothing is left, or not known yet."""
        self._bar.update(self._task, completed=done, total=planned)
        task = self._bar.tasks[0]
        if task.finished or task.time_remaining is None:
            return ""
        return f"  {TimeRemainingColumn().render(task).plain} left"


def _line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
