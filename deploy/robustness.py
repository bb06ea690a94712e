"""The robustness table: methods, networks and draws under every perturbation; resumable.

A study is a folder: `study.json` (what was asked), `teacher.npz`, `networks/` (trained students),
and `rows.csv` with a row for each network, cell and draw. A row depends on the study's seed and its
own place alone; a study that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..models.learning.decision import decide_teacher
from ..models.learning.methods import answer, decided, method_of
from ..models.learning.student import Student
from ..models.learning.teacher import Teacher
from ..models.tasks.samples import Samples, SequenceTask
from .learning import generator_for
from .output_gain import fitted_gain
from .perturbations import CELLS, Cell, Protocol, under
from .study_files import Row, StudyFiles


@dataclass(frozen=True)
class Study:
    """What is asked."""

    task: SequenceTask
    protocol: Protocol
    networks: int = 10
    """Networks trained for each method."""
    draws: int = 10
    """Chips drawn for each network and level of mismatch."""
    samples: int = 500
    """Test samples of each row."""
    seed: int = 0
    cells: tuple[Cell, ...] = field(default=CELLS)

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "task": self.task.name,
            "protocol": asdict(self.protocol),
            "networks": self.networks,
            "draws": self.draws,
            "samples": self.samples,
            "seed": self.seed,
            "cells": [cell.name for cell in self.cells],
        }


@dataclass(frozen=True, eq=False)
class Bench:
    """What every row of a study shares."""

    study: Study
    teacher: Teacher | None
    """None: networks from outside, whose teacher is not known."""
    test: Samples
    validation: Samples

    @staticmethod
    def of(study: Study, teacher: Teacher | None) -> Bench:
        """The samples of a study: the same for all methods and networks."""
        test, validation = (
            study.task.draw(part, study.samples, generator_for(study.seed, study.task.name, part))
            for part in ("test", "validation")
        )
        return Bench(study, teacher, test, validation)


def evaluate(
    bench: Bench,
    students: Sequence[tuple[str, int, Student]],
    files: StudyFiles,
    progress: Callable[[int, int, Row | None], None],
    workers: int = 2,
) -> list[Row]:
    """Every row that is not there yet, written as it is finished; returns all rows, in order.

    Args:
        students: label of the method, number of the network, and the network.
        progress: called with rows done, rows in all, and the last row.
        workers: threads; rows do not depend on it.
    """
    rows = files.rows()
    there = {row.place for row in rows}
    jobs = [job for job in _jobs(bench, students) if job[0] not in there]
    total = len(rows) + len(jobs)
    progress(len(rows), total, None)
    pool = ThreadPoolExecutor(workers)
    waiting: set[Future[Row]] = set()
    try:
        left = iter(jobs)
        while True:
            for _, make in (job for job in _some(left, workers - len(waiting))):
                waiting.add(pool.submit(make))
            if not waiting:
                break
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                rows.append(future.result())
                files.append(rows[-1])
                progress(len(rows), total, rows[-1])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return sorted(rows, key=lambda row: row.place)


def _some(left: Iterator, number: int) -> list:
    return [job for _, job in zip(range(number), left, strict=False)]


Place = tuple[str, int, str, int]


def _jobs(
    bench: Bench, students: Sequence[tuple[str, int, Student]]
) -> Iterator[tuple[Place, Callable[[], Row]]]:
    """Every row of a study, by its place, and how it is made."""
    for label, number, student in students:
        for cell in bench.study.cells:
            for draw in range(bench.study.draws if cell.kind == "mismatch" else 1):
                place = (label, number, cell.name, draw)
                yield place, partial(_row, bench, student, cell, place)


def _row(bench: Bench, student: Student, cell: Cell, place: Place) -> Row:
    study = bench.study
    generator = generator_for(study.seed, *place)
    perturbed, conditions = under(student, cell, study.protocol, generator)
    gain = 1.0
    if study.protocol.compensated:
        gain = fitted_gain(student, bench.validation, study, cell, place[:3])
    output, rate_hz = answer(perturbed, bench.test, conditions)
    output = gain * output
    decisions = decided(student, study.task, output)
    label, to_teacher = bench.test.label, None
    if bench.teacher is not None:
        teachers = bench.teacher.output(bench.test)
        to_teacher = float(np.square(output - teachers).mean())
        taught = method_of(student.method).taught and cell.kind == "mismatch"
        if study.protocol.teacher_counts and taught:
            label = decide_teacher(teachers, study.task.signed)
    return Row(
        *place,
        accuracy=float((decisions == label).mean()),
        mse_target=float(np.square(output - bench.test.target).mean()),
        mse_teacher=to_teacher,
        rate_hz=float(rate_hz.mean()),
        gain=gain,
        network_hash=student.hash,
    )
