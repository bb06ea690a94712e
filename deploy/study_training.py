"""The networks of a study, trained several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import torch

from ..models.bookmark import Bookmark, beside
from ..models.learning.teacher import Teacher
from .bookmarks import student_bookmark
from .learning import Progress, train_student
from .robustness import Study

Tell = Callable[[int, int, str], None]
"""Called with what is done, what is planned, and words for it; by any thread."""


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

    Where one fails, or Ctrl-C comes, the others stop at their next news; what they have learned is
    in their bookmarks.

    Args:
        workers: networks trained at a time; each computes on one processor.

    Raises:
        InputError: as `train_student`.
        FileError: FILE_NOT_WRITABLE.
    """
    left = [network for network in wanted if not network.path.exists()]
    planned, done, stop = 1 + len(wanted), 1 + len(wanted) - len(left), Event()

    def train(network: Wanted) -> None:
        def news(steps: int, error: float) -> None:
            if stop.is_set():
                raise _Stopped
            words = f"training {network.method} {network.number}: {steps}, error {error:.3f}"
            tell(done, planned, words)

        try:
            _train(study, teacher, network, news, stop)
        except BaseException:
            stop.set()
            raise

    with _one_processor_each(workers) as pool:
        running = [pool.submit(train, network) for network in left]
        try:
            for future in as_completed(running):
                if not isinstance(future.exception(), _Stopped):  # what stopped it is yet to come
                    future.result()
                    done += 1
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    for network in wanted:
        Bookmark(beside(network.path)).remove()


def _train(study: Study, teacher: Teacher, network: Wanted, news: Progress, stop: Event) -> None:
    """One network, unless all are to stop."""
    if stop.is_set():
        raise _Stopped
    method, settings, made = network.method, network.settings, (study.seed, network.number)
    mark = student_bookmark(network.path, study.task, method, settings, made)
    student = train_student(study.task, method, settings, teacher, made, news, mark)
    student.save(network.path)


class _Stopped(Exception):
    """A training is to end, as another one has failed."""


@contextmanager
def _one_processor_each(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads in each of which torch computes with one thread: trainings that each use every
    processor stand in each other's way."""
    before = torch.get_num_threads()
    with ThreadPoolExecutor(workers, initializer=lambda: torch.set_num_threads(1)) as pool:
        try:
            yield pool
        finally:
            torch.set_num_threads(before)
