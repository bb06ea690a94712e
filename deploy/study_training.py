"""The networks of a study, trained several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any

import torch

from ..models.bookmark import Bookmark, refuse_others
from ..models.errors import InputError
from ..models.learning.teacher import Teacher
from .bookmarks import student_bookmark
from .learning import train_student
from .robustness import Study

Tell = Callable[[int, int, str], None]
"""Called with what is done, what is planned, and words for it."""


@dataclass(frozen=True)
class Wanted:
    """A network that is to be there."""

    method: str
    settings: Any
    """Of the method's own class."""
    number: int
    path: Path


def train_missing(
    study: Study, teacher: Teacher, wanted: Sequence[Wanted], workers: int, tell: Tell
) -> None:
    """Train the networks that are not there yet. What comes of one does not depend on the others,
    nor on how many are trained at a time.

    Where one fails, or Ctrl-C comes, the others stop at their next news, to go on another time from
    their bookmarks.

    Args:
        workers: networks trained at a time; torch computes with one thread in each.
        tell: called by one thread at a time.

    Raises:
        InputError: as `train_student`.
        FileError: FILE_NOT_WRITABLE.
    """
    marks = [
        student_bookmark(net.path, study.task, net.method, net.settings, (study.seed, net.number))
        for net in wanted
    ]
    left = [pair for pair in zip(wanted, marks, strict=True) if not pair[0].path.exists()]
    refuse_others([mark for _, mark in left])
    planned, done = 1 + len(wanted), 1 + len(wanted) - len(left)
    stop, talking = Event(), Lock()

    def train(network: Wanted, mark: Bookmark) -> None:
        name = f"{network.method} {network.number}"

        def news(steps: int, error: float) -> None:
            with talking:
                if stop.is_set():
                    raise _Stopped
                tell(done, planned, f"training {name}: {steps}, error {error:.3f}")

        try:
            if stop.is_set():
                raise _Stopped
            made = (study.seed, network.number)
            found = train_student(
                study.task, network.method, network.settings, teacher, made, news, mark
            )
            found.save(network.path)
            mark.remove()
        except InputError as error:
            stop.set()
            raise InputError(f"{name}: {error}", code=error.code) from error
        except BaseException:
            stop.set()
            raise

    with _one_torch_thread_each(workers) as pool:
        try:
            running = [pool.submit(train, *pair) for pair in left]
            for future in as_completed(running):
                if not isinstance(future.exception(), _Stopped):  # what stopped it is yet to come
                    future.result()
                    done += 1
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    for mark in marks:  # of a kill between a network and the end of its bookmark
        mark.remove()


class _Stopped(Exception):
    """A training is to end, as another one has failed."""


@contextmanager
def _one_torch_thread_each(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads in each of which torch computes with one thread: trainings that each use every
    processor stand in each other's way."""
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(workers, initializer=lambda: torch.set_num_threads(1)) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)
