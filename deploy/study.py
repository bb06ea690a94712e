"""A whole robustness study: teacher, networks, rows, report; goes on where it was killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..models.archive import write_bytes
from ..models.errors import InputError
from ..models.learning.methods import answer, check_arrays, method_of
from ..models.learning.student import Student
from ..models.learning.teacher import Teacher
from ..models.versions import versions
from .bookmarks import teacher_bookmark
from .learning import teacher_for, teacher_settings
from .network_robustness import OwnStudy, jobs
from .perturbations import PROTOCOLS
from .robustness import Bench, Study, evaluate, made, places
from .study_command import STIMULUS
from .study_files import Row, StudyFiles
from .study_report import check_figures, write_report
from .study_statistics import tables
from .study_training import Wanted, check_there, train_missing

if TYPE_CHECKING:
    from .progress import Tell

T = TypeVar("T")


def study_methods(
    folder: Path, study: Study, settings: Mapping[str, Any], workers: int, tell: Tell
) -> dict[str, Any]:
    """Train networks of methods, and put them through a study. A teacher is trained where one of
    them needs it; without one, errors to it are not known.

    Args:
        settings: of each method.
        workers: networks trained and rows judged at a time; no result depends on it.

    Returns:
        The tables, and the files written.

    Raises:
        InputError: OTHER_STUDY, STUDY_HELD, UNKNOWN_METHOD, OTHER_TRAINING, DIVERGED,
            OTHER_NETWORK in the folder, OTHER_TEACHER of one; TOO_FEW_SAMPLES of the task;
            NO_MATPLOTLIB.
        FileError: the folder cannot be written, a file of it not read.
    """
    check_figures()
    bench = Bench.of(study)
    methods = {name: asdict(chosen) for name, chosen in settings.items()}
    with StudyFiles(folder, _asked(bench, methods=methods)) as files:
        wanted = [
            Wanted(method, chosen, number, files.network(method, number))
            for method, chosen in settings.items()
            for number in range(study.networks)
        ]
        check_there(study, wanted)
        files.rows(places(study, settings))  # rows that do not fit are refused before training
        teacher = None
        if taught(settings):
            teacher = _teacher(files, study, 1 + len(wanted), tell)
        train_missing(study, teacher, wanted, workers, tell)
        students = [(net.method, net.number, Student.load(net.path)) for net in wanted]
        bench = bench if teacher is None else bench.taught_by(teacher)
        return _written(files, evaluate(bench, students, files, _told(tell), workers))


def taught(settings: Mapping[str, Any]) -> bool:
    """Whether some method with its settings needs a teacher."""
    return any(method_of(name).needs_teacher(chosen) for name, chosen in settings.items())


def _teacher(files: StudyFiles, study: Study, planned: int, tell: Tell) -> Teacher:
    """The teacher of a study, trained if it is not there yet; it counts as one of the planned."""
    updates = teacher_settings(study.task.name).updates

    def news(done: int, loss: float) -> None:
        tell(done / updates, planned, f"teacher: {done} of {updates}, loss {loss:.3f}")

    tell(0, planned, "teacher")
    mark = teacher_bookmark(files.teacher, study.task, study.seed)
    if not files.teacher.exists():
        teacher_for(study.task, study.seed, news, mark).save(files.teacher)
    mark.remove()
    return Teacher.load(files.teacher)


def study_networks(
    folder: Path, study: Study, networks: Sequence[Path], workers: int, tell: Tell
) -> dict[str, Any]:
    """Put trained networks from files through a study; each is called by its file's name. Their
    teachers are not known, so labels decide.

    Raises:
        InputError: OTHER_STUDY, STUDY_HELD; SAME_NAME for two files; OTHER_TASK, STUDENT_INVALID
            for a network; NO_TEACHER for one that the protocol judges by its teacher;
            NO_MATPLOTLIB.
        FileError: a network cannot be read, or the folder written.
    """
    check_figures()
    bench = Bench.of(study)
    students = by_name(networks, lambda path: _fitting(path, bench))
    _check_teachers(study, students)
    asked = _asked(bench, files={name: student.hash for name, student in students.items()})
    with StudyFiles(folder, asked) as files:
        numbered = [(name, 0, student) for name, student in students.items()]
        rows = evaluate(bench, numbered, files, _told(tell), workers)
        return _written(files, rows, students=_made_by(students))


def _check_teachers(study: Study, students: Mapping[str, Student]) -> None:
    """Raises InputError NO_TEACHER for networks that are judged by teachers, which files do not
    hold."""
    judged = [f"{name} ({s.method})" for name, s in students.items() if method_of(s.method).taught]
    if study.protocol.teacher_counts and judged:
        raise InputError(
            f"protocol {study.protocol.name} judges {', '.join(judged)} by the teacher, which a "
            "file of a network does not hold: leave these out, take --protocol fair, or study "
            "their methods by the name of the task",
            code="NO_TEACHER",
        )


def _made_by(students: Mapping[str, Student]) -> dict[str, Any]:
    """What made those of the students that say it, as `train` has them do."""
    said = ("method", "seed", "settings")
    made = {name: student.provenance for name, student in students.items()}
    return {
        name: {word: found[word] for word in said}
        for name, found in made.items()
        if found.keys() >= {*said} and isinstance(found["settings"], dict)
    }


def by_name(files: Sequence[Path], load: Callable[[Path], T]) -> dict[str, T]:
    """What files hold, by the names they have in a study. Raises InputError SAME_NAME for two."""
    found: dict[str, T] = {}
    for path in files:
        if path.stem in found:
            raise InputError(f"two files are named {path.stem}: rename one", code="SAME_NAME")
        found[path.stem] = load(path)
    return found


def _fitting(path: Path, bench: Bench) -> Student:
    """A network that answers to samples of the study."""
    student, task = Student.load(path), bench.study.task.name
    if student.task != task:
        raise InputError(
            f"{path} was trained for {student.task}, the study is of {task}: study networks of one "
            "task",
            code="OTHER_TASK",
        )
    try:
        check_arrays(student, bench.study.task.channels)
        answer(student, bench.test.chosen(slice(0, 1)))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(
            f"{path} is no network of {student.method} for {task} ({error!r}): train it again",
            code="STUDENT_INVALID",
        ) from error
    return student


def _asked(bench: Bench, **more: Any) -> dict[str, Any]:
    """What a study is, with what its numbers depend on, as JSON values."""
    made = {"test_samples": bench.test.hash, "versions": versions()}
    return json.loads(json.dumps(bench.study.record() | more | made))


def study_own(folder: Path, study: OwnStudy, workers: int, tell: Tell) -> dict[str, Any]:
    """Put networks of one's own through a study; trials of a stimulus stand for a task.

    Raises:
        InputError: OTHER_STUDY, STUDY_HELD, NO_MATPLOTLIB.
        FileError: the folder cannot be written.
    """
    check_figures()
    rules, samples = PROTOCOLS["fair"], study.stimulus.n_trials
    asked = {
        "task": f"{STIMULUS}{study.stimulus.hash[:12]}", "protocol": asdict(rules), "networks": 1,
        "draws": study.draws, "samples": samples, "seed": study.seed,
        "cells": [cell.name for cell in study.cells],
        "files": {name: network.hash for name, network in study.networks.items()},
        "test_samples": study.stimulus.hash, "versions": versions(),
    }  # fmt: skip
    hashes = {(name, 0): network.hash for name, network in study.networks.items()}
    with StudyFiles(folder, asked) as files:
        return _written(files, made(jobs(study), hashes, files, _told(tell), workers))


def _told(tell: Tell) -> Callable[[int, int, Row | None], None]:
    def row_done(done: int, planned: int, row: Row | None) -> None:
        what = "starting" if row is None else f"{row.method} {row.network}, {row.cell}"
        tell(done, planned, what)

    return row_done


def _written(files: StudyFiles, rows: Sequence[Row], **more: Any) -> dict[str, Any]:
    """Tables and report of all rows; more to say besides."""
    cells, samples, seed = (files.asked[name] for name in ("cells", "samples", "seed"))
    record = files.asked | more | tables(rows, cells, samples, seed) | {"rows": len(rows)}
    text = json.dumps(record, indent=2, sort_keys=True, allow_nan=False)
    summary = write_bytes(files.folder / "summary.json", text.encode())
    return record | {
        "files": [str(f) for f in (summary, *write_report(files.folder, record, rows))]
    }
