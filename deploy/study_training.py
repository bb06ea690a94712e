"""The networks of a study, trained several at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from ..models.bookmark import Bookmark, beside, refuse_others
from ..models.errors import FileError, InputError
from ..models.learning.methods import method_of
from ..models.learning.student import Student
from ..models.learning.teacher import Teacher
from ..models.reference import one_thread
from .bookmarks import student_bookmark
from .learning import train_student
from .robustness import Study

if TYPE_CHECKING:
    from .progress import Tell


@dataclass(frozen=True)
class Wanted:
    """A network that is to be there."""

    method: str
    settings: Any
    """Of the method's own class."""
    number: int
    path: Path


def check_there(study: Study, wanted: Sequence[Wanted]) -> None:
    """Refuse networks in the folder that are not those that are wanted, before hours of training.

    Raises:
        InputError: OTHER_NETWORK. FileError: FILE_CORRUPT, one that cannot be read.
    """
    for network in wanted:
        if not network.path.exists():
            continue
        try:
            there = Student.load(network.path)
        except FileError as error:
            raise FileError(
                f"{error}; or delete it, and it is trained again", code=error.code
            ) from error
        need = {
            "task": study.task.name, "method": network.method,
            "seed": [study.seed, network.number], "settings": asdict(network.settings),
            "noise_snr_db": study.task.noise_snr_db,
        }  # fmt: skip
        found = {"task": there.task} | {n: there.provenance.get(n) for n in list(need)[1:]}
        differ = [name for name, value in json.loads(json.dumps(need)).items()
                  if found[name] != value]  # fmt: skip
        if differ:
            raise InputError(
                f"{network.path} is not the network that is wanted there, they differ in "
                f"{', '.join(differ)}: delete it, and it is trained, or give another folder",
                code="OTHER_NETWORK",
            )


def train_missing(
    study: Study, teacher: Teacher | None, wanted: Sequence[Wanted], workers: int, tell: Tell
) -> None:
    """Train the networks that are not there yet. What comes of one does not depend on the others,
    nor on how many are trained at a time.

    Where one fails, or Ctrl-C comes, the others stop at their next news, to go on another time from
    their bookmarks.

    Args:
        teacher: None where no network needs one.
        workers: networks trained at a time; torch computes with one thread in each.
        tell: called by one thread at a time; a teacher counts as a network, a network under way by
            its share.

    Raises:
        InputError: as `train_student`.
        FileError: FILE_NOT_WRITABLE.
    """
    missing = [network for network in wanted if not network.path.exists()]
    marks = [
        student_bookmark(net.path, study.task, net.method, net.settings, (study.seed, net.number))
        for net in missing
    ]
    refuse_others(marks)
    planned = len(wanted) + (teacher is not None)
    there = planned - len(missing)
    shares = dict.fromkeys((network.path for network in missing), 0.0)
    stop, talking = Event(), Lock()

    def train(network: Wanted, mark: Bookmark) -> None:
        name, steps = f"{network.method} {network.number}", network.settings.planned
        how = method_of(network.method)

        def news(step: int, value: float) -> None:
            with talking:
                if stop.is_set():
                    raise _Stopped
                shares[network.path] = min(step / steps, 1.0)
                said = ", ".join(filter(None, (f"{step} of {steps}", how.news(value))))
                tell(there + sum(shares.values()), planned, f"training {name}: {said}")

        if stop.is_set():
            raise _Stopped
        made = (study.seed, network.number)
        try:
            found = train_student(
                study.task, network.method, network.settings, teacher, made, news, mark
            )
            found.save(network.path)
        except Exception as error:
            stop.set()
            if isinstance(error, InputError):
                raise InputError(f"{name}: {error}", code=error.code) from error
            raise
        shares[network.path] = 1.0  # it may end before what was planned
        mark.remove()

    # Threads take over how many of their own torch may use from the one that begins them: trainings
    # that each use every processor stand in each other's way.
    with one_thread(), ThreadPoolExecutor(workers) as pool:
        try:
            running = [pool.submit(train, *pair) for pair in zip(missing, marks, strict=True)]
            for future in as_completed(running):
                if not isinstance(future.exception(), _Stopped):  # what stopped it is yet to come
                    future.result()
        finally:
            stop.set()
    for network in wanted:  # of a kill between a network and the end of its bookmark
        Bookmark(beside(network.path)).remove()


class _Stopped(Exception):
    """A training is to end, as another one has failed."""
