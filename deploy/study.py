"""A whole robustness study: teacher, networks, rows, report; goes on where it was killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..models.archive import write_bytes
from ..models.errors import InputError
from ..models.learning.student import Student
from ..models.learning.teacher import Teacher
from ..models.versions import versions
from .learning import teacher_for, train_student
from .robustness import Bench, Study, evaluate
from .study_files import Row, StudyFiles
from .study_report import write_report
from .study_statistics import tables

Tell = Callable[[int, int, str], None]
"""Called with what is done, what is planned, and words for it."""


def study_methods(
    folder: Path, study: Study, settings: Mapping[str, Any], workers: int, tell: Tell
) -> dict[str, Any]:
    """Train networks of methods, and put them through a study.

    Args:
        settings: of each method.

    Returns:
        The tables, and the files written.

    Raises:
        InputError: OTHER_STUDY, UNKNOWN_METHOD.
        FileError: the folder cannot be written.
    """
    asked = study.record() | {"methods": {name: asdict(s) for name, s in settings.items()}}
    files = StudyFiles(folder, json.loads(json.dumps(asked)))
    planned = 1 + len(settings) * study.networks
    tell(0, planned, "teacher")
    if not files.teacher.exists():
        teacher_for(study.task, study.seed).save(files.teacher)
    teacher, students = Teacher.load(files.teacher), []
    for method, chosen in settings.items():
        for number in range(study.networks):
            path = files.network(method, number)
            done = 1 + len(students)
            if not path.exists():
                tell(done, planned, f"training {method} {number}")

                def news(
                    steps: int, error: float, at: int = done, name: str = f"{method} {number}"
                ) -> None:
                    tell(at, planned, f"training {name}: {steps}, error {error:.3f}")

                made = train_student(
                    study.task, method, chosen, teacher, (study.seed, number), news
                )
                made.save(path)
            students.append((method, number, Student.load(path)))
    return _judged(files, Bench.of(study, teacher), students, workers, tell)


def study_networks(
    folder: Path, study: Study, networks: Sequence[Path], workers: int, tell: Tell
) -> dict[str, Any]:
    """Put trained networks from files through a study; each is called by its file's name.

    Raises:
        InputError: OTHER_STUDY; OTHER_TASK, for a network of another task.
        FileError: a network cannot be read, or the folder written.
    """
    students = [(path.stem, 0, Student.load(path)) for path in networks]
    for path, (_, _, student) in zip(networks, students, strict=True):
        if student.task != study.task.name:
            raise InputError(
                f"{path} was trained for {student.task}, the study is of {study.task.name}: study "
                "networks of one task",
                code="OTHER_TASK",
            )
    asked = study.record() | {"networks": {label: s.hash for label, _, s in students}}
    files = StudyFiles(folder, asked)
    return _judged(files, Bench.of(study, None), students, workers, tell)


def _judged(
    files: StudyFiles,
    bench: Bench,
    students: Sequence[tuple[str, int, Student]],
    workers: int,
    tell: Tell,
) -> dict[str, Any]:
    """Rows, tables and report."""

    def row_done(done: int, planned: int, row: Row | None) -> None:
        what = "starting" if row is None else f"{row.method} {row.network}, {row.cell}"
        tell(done, planned, what)

    rows = evaluate(bench, students, files, row_done, workers)
    study = bench.study
    found = tables(rows, [cell.name for cell in study.cells], study.seed)
    record = study.record() | found | {"versions": versions(), "rows": len(rows)}
    summary = write_bytes(
        files.folder / "summary.json", json.dumps(record, indent=2, sort_keys=True).encode()
    )
    return record | {
        "files": [str(f) for f in (summary, *write_report(files.folder, record, rows))]
    }
